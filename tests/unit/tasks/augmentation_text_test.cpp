// What users write into data.augment, and what they are told when they mistype it.
#include "tasks/augmentation_text.hpp"

#include <gtest/gtest.h>

#include "support/expect_error.hpp"

namespace hpctrain::tasks {
namespace {

using hpctrain::test::expect_error;

TEST(AugmentationText, NamesOperationsWithTheirWidths) {
  auto expected = AugmentationSettings::none();
  expected.rotate_degrees = 15;
  expected.translate_mm = 10;
  expected.gamma_fraction = 0.25;
  expected.brightness_fraction = 0.1;
  EXPECT_EQ(read_augmentation("affine(rotate=15, translate-mm=10)|gamma( 0.25 ) | jitter(brightness = 0.1)"), expected);
}

TEST(AugmentationText, LeavesTheChoiceToTheTaskOrSwitchesAllOff) {
  EXPECT_EQ(read_augmentation("auto"), std::nullopt);
  EXPECT_EQ(read_augmentation(" none "), AugmentationSettings::none());
}

TEST(AugmentationText, ComesBackFromItsOwnText) {
  const AugmentationSettings all;
  EXPECT_EQ(augmentation_text(all),
            "affine(rotate=10, scale=0.1, translate=0.05, translate-mm=10) | jitter(contrast=0.2, brightness=0.1) | "
            "gamma(width=0.2) | noise(deviation=0.02)");
  EXPECT_EQ(read_augmentation(augmentation_text(all)), all);
  EXPECT_EQ(augmentation_text(AugmentationSettings::none()), "none");
}

TEST(AugmentationText, TellsWhatThereIsToChooseFrom) {
  const auto refused = [](const char* text, const std::vector<std::string>& words) {
    expect_error(Fault::usage, words, [text] { read_augmentation(text); });
  };
  refused("turn(10)", {"data.augment", "\"turn\"", "affine, jitter, gamma, noise"});
  refused("affine(angle=3)", {"affine has no argument angle", "rotate, scale, translate, translate-mm"});
  refused("affine(10, 0.1)", {"argument number 2 without a name"});
  refused("affine", {"parentheses", "affine(rotate=…)"});
  refused("gamma(0.1) | gamma(0.2)", {"gamma", "twice"});
  refused("noise(deviation=2)", {"noise deviation = 2", "from 0 to 1"});
  refused("noise(-0.1)", {"-0.1"});
  refused("noise(nan)", {"nan"});
  refused("noise(0.1x)", {"0.1x"});
  refused("", {"no operation"});
}

}  // namespace
}  // namespace hpctrain::tasks
