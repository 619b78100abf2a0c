// What users write into data.augment, and what they are told when they mistype it.
#include "tasks/augmentation_text.hpp"

#include <gtest/gtest.h>

#include "support/expect_error.hpp"
#include "tasks/augmentation_operations.hpp"

namespace hpctrain::tasks {
namespace {

using hpctrain::test::expect_error;

TEST(AugmentationText, NamesOperationsWithTheirWidths) {
  AugmentationSettings expected;
  expected.affine_chance = expected.gamma_chance = expected.jitter_chance = 1;
  expected.rotate_degrees = 15;
  expected.translate_mm = 10;
  expected.gamma_fraction = 0.25;
  expected.brightness_fraction = 0.1;
  EXPECT_EQ(read_augmentation("affine(rotate=15, translate-mm=10)|gamma( 0.25 ) | jitter(brightness = 0.1)"), expected);
}

TEST(AugmentationText, LeavesTheChoiceToTheTaskOrSwitchesAllOff) {
  EXPECT_EQ(read_augmentation("auto"), std::nullopt);
  EXPECT_EQ(read_augmentation(" none "), AugmentationSettings{});
}

TEST(AugmentationText, ComesBackFromItsOwnText) {
  const AugmentationSettings films = usual_landmark_augmentation();
  EXPECT_EQ(augmentation_text(films),
            "affine(rotate=10, scale=0.1, translate=0.05, translate-mm=10) | jitter(contrast=0.2, brightness=0.1) | "
            "gamma(width=0.2) | noise(deviation=0.02)");
  EXPECT_EQ(read_augmentation(augmentation_text(films)), films);
  EXPECT_EQ(augmentation_text({}), "none");
  for (const char* text : {"crop | flip", "crop(pad=2, mode=zero, p=0.5) | flip(p=1) | cutout(size=12)",
                           "random-resized-crop(scale=0.2..1) | jitter(hue=0.1, p=0.8) | grey | blur(sigma=1..1)",
                           "elastic(sigma=0.01, grid=7, p=0.5) | affine(rotate=15)"}) {
    EXPECT_EQ(augmentation_text(read_augmentation(text).value()), text);
  }
}

TEST(AugmentationText, ReadsRangesWordsChancesAndWhatIsUsual) {
  AugmentationSettings expected;
  expected.crop_chance = 1;
  expected.crop_pad = 3;
  expected.crop_edge = Edge::zero;
  expected.flip_chance = 0.5;
  expected.window_chance = 0.9;
  expected.window_area = {0.25, 1};
  expected.window_aspect = {1, 1};
  expected.grey_chance = 0.2;
  expected.blur_chance = 0.5;
  expected.blur_sigma = {0.1, 2};
  EXPECT_EQ(read_augmentation("flip | grey | crop(3, mode=zero) | blur | "
                              "random-resized-crop(scale = 0.25 .. 1, ratio=1, p=0.9)"),
            expected);
}

TEST(AugmentationText, TellsWhatThereIsToChooseFrom) {
  const auto refused = [](const char* text, const std::vector<std::string>& words) {
    expect_error(Fault::usage, words, [text] { read_augmentation(text); });
  };
  refused("turn(10)", {"data.augment", "\"turn\"",
                       "crop, flip, random-resized-crop, elastic, affine, jitter, gamma, grey, blur, noise, cutout"});
  refused("affine(angle=3)", {"affine has no argument angle", "rotate, scale, translate, translate-mm"});
  refused("affine(10, 0.1)", {"argument number 2 without a name"});
  refused("affine", {"parentheses", "affine(rotate=…)"});
  refused("gamma(0.1) | gamma(0.2)", {"gamma", "twice"});
  refused("noise(deviation=2)", {"noise deviation = 2", "from 0 to 1"});
  refused("noise(-0.1)", {"-0.1"});
  refused("noise(nan)", {"nan"});
  refused("noise(0.1x)", {"0.1x"});
  refused("", {"no operation"});
  refused("flop", {"\"flop\"", "did you mean flip?"});
  refused("jitter(contrats=0.1)", {"did you mean contrast?"});
  refused("crop(pad=1.5)", {"crop pad = 1.5", "whole number from 1 to 1024"});
  refused("crop(mode=mirror)", {"crop mode = mirror", "reflect or zero"});
  refused("blur(sigma=2..1)", {"blur sigma = 2..1", "write 1..2"});
  refused("random-resized-crop(scale=0..1)", {"scale = 0..1", "from 0.01 to 1"});
  refused("flip(p=1.5)", {"flip p = 1.5", "from 0 to 1"});
  refused("flip(0.5)", {"number 1 without a name", "names p"});
  refused("crop(pad=4", {"crop(pad=…)"});
}

TEST(AugmentationOperations, AreRefusedWhereTheyCannotWork) {
  const AugmentedSet clothes{.task = "classification", .channels = 1, .height = 28, .width = 28};
  const AugmentedSet films{.task = "landmarks", .has_landmarks = true, .channels = 1, .height = 64, .width = 64};
  const auto refused = [](const char* text, const AugmentedSet& set, const std::vector<std::string>& words) {
    expect_error(Fault::usage, words, [&] { require_applicable(read_augmentation(text).value(), set); });
  };
  refused("flip", films, {"data.augment", "flip", "landmarks", "leave it away"});
  refused("grey", clothes, {"grey", "3 channels", "have 1"});
  refused("jitter(hue=0.1)", clothes, {"hue", "have 1"});
  refused("crop(pad=28)", clothes, {"crop pad = 28", "28 × 28"});
  refused("cutout(29)", clothes, {"cutout size = 29"});
  refused("elastic(sigma=0.1, grid=9)", films, {"fold", "0.0187"});
  require_applicable(read_augmentation("crop | flip | elastic | cutout").value(), clothes);
}

TEST(AugmentationOperations, AutomaticChoiceFollowsTheKindOfImages) {
  const auto choice = [](std::int64_t channels, std::int64_t height, std::int64_t width) {
    return augmentation_text(usual_classification_augmentation(
        {.task = "classification", .channels = channels, .height = height, .width = width}));
  };
  EXPECT_EQ(choice(1, 28, 28), "none");
  EXPECT_EQ(choice(3, 16, 64), "none");
  EXPECT_EQ(choice(3, 32, 32), "crop | flip");
  EXPECT_EQ(choice(3, 96, 96), "crop(pad=12) | flip");
  EXPECT_EQ(choice(3, 224, 224), "flip | random-resized-crop");
}

}  // namespace
}  // namespace hpctrain::tasks
