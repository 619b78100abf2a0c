// Augmentation against moves that can be done by hand: whole-pixel shifts, quarter turns, a straight ramp.
#include "tasks/augmentation.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <vector>

#include "core/error.hpp"
#include "tasks/augmentation_operations.hpp"
#include "tasks/augmentation_text.hpp"

namespace hpctrain::tasks {
namespace {

torch::Tensor random_images(std::int64_t count, std::int64_t channels, std::int64_t height, std::int64_t width) {
  torch::manual_seed(3);
  return torch::rand({count, channels, height, width});
}

AugmentationPlan moved(const AffineMap& map, double scale = 1) {
  AugmentationPlan plan;
  plan.map = map;
  plan.scale = scale;
  return plan;
}

AugmentationSettings named(const char* text) {
  return read_augmentation(text).value();
}

double greatest_difference(const torch::Tensor& one, const torch::Tensor& two) {
  return (one - two).abs().max().item<double>();
}

TEST(AugmentationPlan, WithoutAnyRangeLeavesTheSampleAlone) {
  const auto plan = plan_augmentation({}, {.height = 20, .width = 30}, 7, 1, 42);
  EXPECT_EQ(plan.map, AffineMap{});
  const auto images = random_images(1, 1, 20, 30);
  const auto points = torch::tensor({3.25f, 4.5f, NAN, NAN, -7.0f, 3.0f}).view({1, 3, 2});
  EXPECT_LE(greatest_difference(augment_images(images, {{plan}}), images), 1e-5);
  const auto carried = augment_points(points, {{plan}}, 20, 30);
  EXPECT_LE(greatest_difference(carried[0][0], points[0][0]), 1e-4);
  EXPECT_TRUE(carried[0].narrow(0, 1, 2).isnan().all().item<bool>());
}

TEST(AugmentationPlan, DrawsWithinItsRangesAndReachesTheirEnds) {
  const AugmentationSettings settings = usual_landmark_augmentation();
  const AugmentedImage image{.height = 256, .width = 256, .pixels_per_mm = 1.2};
  double least_scale = 2, greatest_scale = 0, greatest_shift = 0, greatest_noise = 0;
  for (std::uint64_t sample = 0; sample < 2000; ++sample) {
    const auto plan = plan_augmentation(settings, image, 1, 0, sample);
    least_scale = std::min(least_scale, plan.scale);
    greatest_scale = std::max(greatest_scale, plan.scale);
    greatest_noise = std::max(greatest_noise, plan.noise);
    // Where the centre goes is the translation alone.
    const double x = plan.map.xx * 127.5 + plan.map.xy * 127.5 + plan.map.x0 - 127.5;
    greatest_shift = std::max(greatest_shift, std::abs(x));
    EXPECT_LE(std::abs(std::atan2(plan.map.yx, plan.map.xx)), 10.0001 * M_PI / 180);
    EXPECT_NEAR(std::hypot(plan.map.xx, plan.map.yx), plan.scale, 1e-12);
  }
  EXPECT_NEAR(least_scale, 0.9, 0.001);
  EXPECT_NEAR(greatest_scale, 1.1, 0.001);
  EXPECT_LE(greatest_shift, 12.0001);  // 10 mm of 1.2 pixels
  EXPECT_GT(greatest_shift, 11.9);
  EXPECT_NEAR(greatest_noise, 0.02, 0.001);
}

TEST(AugmentationPlan, MovesByAShareOfTheWidthWhereMillimetresAreUnknown) {
  const auto settings = named("affine(translate=0.05)");
  double greatest_shift = 0;
  for (std::uint64_t sample = 0; sample < 500; ++sample) {
    const auto plan = plan_augmentation(settings, {.height = 100, .width = 200}, 1, 0, sample);
    greatest_shift = std::max(greatest_shift, std::abs(plan.map.x0));
  }
  EXPECT_LE(greatest_shift, 10.0001);
  EXPECT_GT(greatest_shift, 9.8);
}

TEST(AugmentationPlan, EachOperationDrawsAloneAndEachEpochAnew) {
  const AugmentedImage image{.height = 64, .width = 64};
  const AugmentationSettings usual = usual_landmark_augmentation();
  AugmentationSettings without_rotation = usual;
  without_rotation.rotate_degrees = 0;
  const auto plan = plan_augmentation(usual, image, 5, 2, 9);
  const auto unturned = plan_augmentation(without_rotation, image, 5, 2, 9);
  EXPECT_EQ(plan.scale, unturned.scale);
  EXPECT_EQ(plan.gamma, unturned.gamma);
  EXPECT_EQ(plan.noise_seed, unturned.noise_seed);
  EXPECT_NE(plan.map, unturned.map);
  EXPECT_NE(plan.map, plan_augmentation(usual, image, 5, 3, 9).map);
  EXPECT_NE(plan.map, plan_augmentation(usual, image, 6, 2, 9).map);
  EXPECT_NE(plan.map, plan_augmentation(usual, image, 5, 2, 10).map);
  EXPECT_EQ(plan.map, plan_augmentation(usual, image, 5, 2, 9).map);
}

TEST(AffineMap, InverseUndoesIt) {
  const AffineMap map = similarity_map({.height = 40, .width = 60}, 23, 1.3, 4, -7);
  const AffineMap back = map.inverse();
  const double x = map.xx * 5 + map.xy * 9 + map.x0, y = map.yx * 5 + map.yy * 9 + map.y0;
  EXPECT_NEAR(back.xx * x + back.xy * y + back.x0, 5, 1e-12);
  EXPECT_NEAR(back.yx * x + back.yy * y + back.y0, 9, 1e-12);
  EXPECT_THROW((AffineMap{.xx = 1, .xy = 2, .yx = 2, .yy = 4}.inverse()), Error);
}

TEST(AugmentImages, ShiftsByWholePixelsAndFillsWithZero) {
  const auto images = random_images(1, 2, 12, 17);
  const auto shifted = augment_images(images, {{moved({.x0 = 3, .y0 = -2})}});
  auto expected = torch::zeros_like(images);
  for (std::int64_t y = 0; y < 10; ++y) {
    for (std::int64_t x = 3; x < 17; ++x) {
      expected.select(2, y).select(2, x).copy_(images.select(2, y + 2).select(2, x - 3));
    }
  }
  EXPECT_LT(greatest_difference(shifted, expected), 1e-5);
  const auto points =
      augment_points(torch::tensor({5.0f, 6.0f, 15.0f, 6.0f}).view({1, 2, 2}), {{moved({.x0 = 3, .y0 = -2})}}, 12, 17);
  EXPECT_TRUE(torch::equal(points[0][0], torch::tensor({8.0f, 4.0f})));
  EXPECT_TRUE(points[0][1].isnan().all().item<bool>());  // x = 18 of 17 columns
}

TEST(AugmentImages, AQuarterTurnMovesPixelsAndPointsAlike) {
  constexpr std::int64_t kSize = 16;
  const auto images = random_images(1, 1, kSize, kSize);
  const auto plan = moved(similarity_map({.height = kSize, .width = kSize}, 90, 1, 0, 0));
  const auto turned = augment_images(images, {{plan}});
  auto expected = torch::zeros_like(images);
  // Clockwise: the top row becomes the right column.
  for (std::int64_t y = 0; y < kSize; ++y) {
    for (std::int64_t x = 0; x < kSize; ++x) expected[0][0][x][kSize - 1 - y] = images[0][0][y][x];
  }
  EXPECT_LT(greatest_difference(turned, expected), 1e-4);
  const auto points = augment_points(torch::tensor({2.5f, 1.0f}).view({1, 1, 2}), {{plan}}, kSize, kSize);
  EXPECT_LT(greatest_difference(points[0][0], torch::tensor({14.0f, 2.5f})), 1e-5);
}

TEST(AugmentImages, ContentAndPointsStayTogetherUnderAnySimilarity) {
  constexpr std::int64_t kHeight = 60, kWidth = 80;
  const double x = 47.3, y = 21.8, sigma = 3;
  auto image = torch::empty({1, 1, kHeight, kWidth});
  for (std::int64_t row = 0; row < kHeight; ++row) {
    for (std::int64_t column = 0; column < kWidth; ++column) {
      const double squared = std::pow(static_cast<double>(column) - x, 2) + std::pow(static_cast<double>(row) - y, 2);
      image[0][0][row][column] = std::exp(-squared / (2 * sigma * sigma));
    }
  }
  for (const double degrees : {-30.0, 12.0, 77.0}) {
    const auto plan = moved(similarity_map({.height = kHeight, .width = kWidth}, degrees, 1.15, 4.2, -1.7));
    const auto content = augment_images(image, {{plan}})[0][0];
    const auto total = content.sum();
    const auto columns = torch::arange(kWidth), rows = torch::arange(kHeight);
    const auto point = augment_points(torch::tensor({x, y}).view({1, 1, 2}), {{plan}}, kHeight, kWidth)[0][0];
    EXPECT_NEAR(((content.sum(0) * columns).sum() / total).item<double>(), point[0].item<double>(), 0.02) << degrees;
    EXPECT_NEAR(((content.sum(1) * rows).sum() / total).item<double>(), point[1].item<double>(), 0.02) << degrees;
  }
}

/// The weighted mean place of an image's content.
std::pair<double, double> centroid(const torch::Tensor& image) {
  const auto total = image.sum();
  return {((image.sum(0) * torch::arange(image.size(1))).sum() / total).item<double>(),
          ((image.sum(1) * torch::arange(image.size(0))).sum() / total).item<double>()};
}

torch::Tensor blob_at(double x, double y, std::int64_t height, std::int64_t width) {
  constexpr double kSigma = 2;
  const auto columns = (torch::arange(width) - x).square().view({1, -1});
  const auto rows = (torch::arange(height) - y).square().view({-1, 1});
  return ((columns + rows) / (-2 * kSigma * kSigma)).exp().view({1, 1, height, width});
}

class PointsFollow : public testing::TestWithParam<const char*> {};

TEST_P(PointsFollow, TheContentTheyMark) {
  constexpr std::int64_t kHeight = 64, kWidth = 80;
  const auto settings = named(GetParam());
  int compared = 0;
  double farthest = 0;
  for (std::uint64_t sample = 0; sample < 12; ++sample) {
    const double x = 30 + static_cast<double>(sample), y = 36 - 0.7 * static_cast<double>(sample);
    const auto plan = plan_augmentation(settings, {.height = kHeight, .width = kWidth}, 2, 0, sample);
    const auto image = augment_images(move_pixels(blob_at(x, y, kHeight, kWidth), {{plan}}), {{plan}})[0][0];
    const auto point = augment_points(torch::tensor({x, y}).view({1, 1, 2}), {{plan}}, kHeight, kWidth)[0][0];
    const double to_x = point[0].item<double>(), to_y = point[1].item<double>();
    // A blob at the border is cut, and its centre is another.
    if (!(to_x > 12 && to_x < kWidth - 13 && to_y > 12 && to_y < kHeight - 13)) continue;
    const auto [seen_x, seen_y] = centroid(image);
    EXPECT_NEAR(seen_x, to_x, 0.35) << sample;
    EXPECT_NEAR(seen_y, to_y, 0.35) << sample;
    farthest = std::max(farthest, std::hypot(to_x - x, to_y - y));
    ++compared;
  }
  EXPECT_GE(compared, 4);
  EXPECT_GT(farthest, 2);
}

INSTANTIATE_TEST_SUITE_P(EveryGeometry, PointsFollow,
                         testing::Values("crop(pad=8, mode=zero)", "flip(p=1)", "elastic(sigma=0.03)",
                                         "affine(rotate=20, scale=0.2, translate=0.1)",
                                         "random-resized-crop(scale=0.5..0.9, ratio=0.8..1.2)",
                                         "crop(pad=4) | elastic(sigma=0.02) | affine(rotate=15, translate=0.05)"));

TEST(AugmentImages, PointsComeBackFromAnElasticMoveToAThousandthOfAPixel) {
  // Forwards by the definition: the content at p + d(p) is shown at p.
  const auto plan = plan_augmentation(named("elastic(sigma=0.03)"), {.height = 50, .width = 50}, 4, 0, 1);
  const auto ramp = torch::arange(50).to(torch::kFloat32);
  const auto places = torch::stack({ramp.view({1, -1}).expand({50, 50}), ramp.view({-1, 1}).expand({50, 50})});
  const auto sources = augment_images(places.unsqueeze(0), {{plan}})[0];
  for (const auto& [x, y] : {std::pair{20, 30}, {11, 17}, {33, 25}}) {
    const auto source = sources.select(1, y).select(1, x);
    const auto shown = augment_points(source.view({1, 1, 2}), {{plan}}, 50, 50)[0][0];
    EXPECT_NEAR(shown[0].item<double>(), x, 1e-3);
    EXPECT_NEAR(shown[1].item<double>(), y, 1e-3);
  }
}

TEST(AugmentImages, ChangesIntensitiesAsPlanned) {
  AugmentationPlan plan;
  plan.gamma = 2;
  plan.contrast = 1.5;
  plan.brightness = -0.1;
  const auto changed = augment_images(torch::tensor({0.0f, 0.5f, 1.0f, 0.2f}).view({1, 1, 2, 2}), {{plan}});
  EXPECT_LT(greatest_difference(changed.flatten(), torch::tensor({-0.1f, 0.275f, 1.4f, -0.04f})), 1e-6);
}

TEST(AugmentImages, AddsNoiseOfThePlannedDeviationBySeed) {
  AugmentationPlan plan;
  plan.noise = 0.05;
  plan.noise_seed = 99;
  AugmentationPlan other = plan;
  other.noise_seed = 100;
  const auto images = torch::full({3, 1, 100, 100}, 0.5f);
  const auto noisy = augment_images(images, std::vector{plan, other, plan}) - 0.5;
  EXPECT_NEAR(noisy[0].mean().item<double>(), 0, 0.002);
  EXPECT_NEAR(noisy[0].std().item<double>(), 0.05, 0.002);
  EXPECT_TRUE(torch::equal(noisy[0], noisy[2]));
  EXPECT_FALSE(torch::equal(noisy[0], noisy[1]));
}

TEST(AugmentImages, LeavesTheDefaultGeneratorAlone) {
  AugmentationPlan plan;
  plan.noise = 0.05;
  torch::manual_seed(4);
  const auto expected = torch::rand({4});
  torch::manual_seed(4);
  plan.move.is_flipped = true;
  plan.blur_sigma = 1;
  augment_images(torch::zeros({1, 1, 8, 8}), {{plan}});
  EXPECT_TRUE(torch::equal(torch::rand({4}), expected));
}

TEST(AugmentImages, GivesTheSameBitsAtAnySplit) {
  const auto images = random_images(5, 1, 33, 47);
  std::vector<AugmentationPlan> plans;
  for (std::uint64_t sample = 0; sample < 5; ++sample) {
    plans.push_back(plan_augmentation(usual_landmark_augmentation(), {.height = 33, .width = 47}, 1, 0, sample));
  }
  plans[2] = AugmentationPlan{};
  const auto whole = augment_images(images, plans);
  EXPECT_FALSE(torch::equal(whole, images));
  for (std::int64_t i = 0; i < 5; ++i) {
    const auto alone = augment_images(images.narrow(0, i, 1), std::span(plans).subspan(static_cast<std::size_t>(i), 1));
    EXPECT_TRUE(torch::equal(alone, whole.narrow(0, i, 1))) << "sample " << i;
  }
}

}  // namespace
}  // namespace hpctrain::tasks
