// Random windows: inside the image, of the wanted area and aspect, and a function of epoch and sample alone.
#include "tasks/window_plan.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tasks/augmentation_text.hpp"

namespace hpctrain::tasks {
namespace {

AugmentationSettings named(const char* text) {
  return read_augmentation(text).value();
}

TEST(RandomWindows, LieInsideAndHaveTheAreaAndAspectThatWereAsked) {
  const data::ImageSize image{120, 200};
  const auto settings = named("random-resized-crop(scale=0.1..0.5, ratio=0.5..2)");
  double least = 1, most = 0;
  for (std::uint64_t sample = 0; sample < 2000; ++sample) {
    const auto window = plan_random_window(settings, image, 1, 0, sample).value();
    ASSERT_LE(window.top + window.size.height, image.height);
    ASSERT_LE(window.left + window.size.width, image.width);
    const double area = static_cast<double>(window.size.height) * window.size.width / (120 * 200);
    const double aspect = static_cast<double>(window.size.width) / window.size.height;
    // A side is rounded to whole pixels: at least 34 of them.
    EXPECT_GT(aspect, 0.5 * 0.97);
    EXPECT_LT(aspect, 2 * 1.03);
    least = std::min(least, area);
    most = std::max(most, area);
  }
  EXPECT_NEAR(least, 0.1, 0.01);
  EXPECT_NEAR(most, 0.5, 0.01);
}

TEST(RandomWindows, TakeTheLargestCentredPartWhereNoneFits) {
  const auto settings = named("random-resized-crop(scale=1, ratio=1)");
  EXPECT_EQ(plan_random_window(settings, {10, 100}, 1, 0, 0), (data::ImageWindow{0, 45, {10, 10}}));
  EXPECT_EQ(plan_random_window(settings, {101, 10}, 1, 0, 0), (data::ImageWindow{45, 0, {10, 10}}));
}

TEST(RandomWindows, ChangeWithEpochAndSampleAndNothingElse) {
  const RandomWindows windows(named("random-resized-crop"), {32, 32}, 7);
  const RandomWindows others(named("random-resized-crop | flip | noise(0.1)"), {64, 64}, 7);
  const data::ImageSize stored{90, 70};
  EXPECT_EQ(windows.plan_window(2, 5, stored), others.plan_window(2, 5, stored));
  EXPECT_NE(windows.plan_window(2, 5, stored), windows.plan_window(3, 5, stored));
  EXPECT_NE(windows.plan_window(2, 5, stored), windows.plan_window(2, 6, stored));
  EXPECT_NE(windows.plan_window(2, 5, stored),
            RandomWindows(named("random-resized-crop"), {32, 32}, 8).plan_window(2, 5, stored));
  EXPECT_EQ(windows.output(), (data::ImageSize{32, 32}));
}

TEST(RandomWindows, LeaveImagesWholeAsOftenAsTheChanceSays) {
  const RandomWindows windows(named("random-resized-crop(scale=0.1..0.5, p=0.25)"), {32, 32}, 1);
  int whole = 0;
  for (std::uint64_t sample = 0; sample < 4000; ++sample) {
    whole += windows.plan_window(0, sample, {64, 64}) == data::ImageWindow{0, 0, {64, 64}};
  }
  EXPECT_NEAR(whole / 4000.0, 0.75, 0.03);
}

}  // namespace
}  // namespace hpctrain::tasks
