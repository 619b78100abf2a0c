// Where pixels go, against closed formulas.
#include "pack/resample.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pack/colour.hpp"
#include "unit/pack/support/picture_fixture.hpp"

namespace hpctrain::pack {
namespace {

using test::levels;
using test::make_image;

template <class Level>
Image draw(ImageSize size, Level level) {
  Image image{size, 1, {}};
  for (std::uint64_t y = 0; y < size.height; ++y) {
    for (std::uint64_t x = 0; x < size.width; ++x) {
      const double value = level(static_cast<double>(x), static_cast<double>(y));
      image.pixels.push_back(static_cast<std::byte>(std::lround(value)));
    }
  }
  return image;
}

TEST(Resample, PadsTheShorterSideEvenly) {
  // 100 × 50 to 20 × 20: a fifth; corners of the picture at ±10 and ±5 around the middle of the stored one.
  const Placing placing = plan_padded({100, 50}, {20, 20});
  EXPECT_DOUBLE_EQ(placing.scale, 0.2);
  EXPECT_NEAR(-0.5 * placing.scale + placing.offset_x, -0.5, 1e-12);
  EXPECT_NEAR(99.5 * placing.scale + placing.offset_x, 19.5, 1e-12);
  EXPECT_NEAR(-0.5 * placing.scale + placing.offset_y, 4.5, 1e-12);
  EXPECT_NEAR(49.5 * placing.scale + placing.offset_y, 14.5, 1e-12);
}

TEST(Resample, CropsTheLongerSideEvenly) {
  const Placing placing = plan_cropped({100, 50}, {20, 20});
  EXPECT_DOUBLE_EQ(placing.scale, 0.4);
  EXPECT_NEAR(-0.5 * placing.scale + placing.offset_y, -0.5, 1e-12);
  EXPECT_NEAR(24.5 * placing.scale + placing.offset_x, -0.5, 1e-12);
  EXPECT_EQ(plan_placing(Fit::crop, {100, 50}, {20, 20}), placing);
  EXPECT_EQ(plan_placing(Fit::pad, {100, 50}, {20, 20}), plan_padded({100, 50}, {20, 20}));
}

TEST(Resample, EqualSizesCopyTheBytes) {
  const Image image = make_image({2, 2}, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255});
  EXPECT_EQ(plan_padded({2, 2}, {2, 2}), Placing{});
  EXPECT_EQ(resample(image, {2, 2}, plan_cropped({2, 2}, {2, 2})), image);
}

TEST(Resample, HalvingWeighsPixelsByATriangleOfFour) {
  // Around the border between pixels 1 and 2 lie 0.5, 1.5 from it: weights 1, 3, 3, 1 of 8. Borders lose one.
  const Image image = make_image({4, 1}, 1, {0, 80, 160, 240});
  EXPECT_EQ(levels(resample(image, {2, 1}, {0.5, -0.25, 0})), (std::vector<int>{57, 183}));  // (3·0+3·80+160)/7
}

TEST(Resample, EnlargingInterpolatesBetweenNeighbours) {
  const Image image = make_image({2, 1}, 1, {0, 100});
  EXPECT_EQ(levels(resample(image, {4, 2}, plan_cropped({2, 1}, {4, 2}))),
            (std::vector<int>{0, 25, 75, 100, 0, 25, 75, 100}));
}

TEST(Resample, ARampStaysARampAtEveryScale) {
  const ImageSize original{300, 200};
  const Image image = draw(original, [](double x, double y) { return 20 + 0.5 * x + 0.3 * y; });
  for (const ImageSize stored : {ImageSize{113, 90}, ImageSize{40, 40}, ImageSize{410, 300}}) {
    for (const Fit fit : {Fit::crop, Fit::pad}) {
      const Placing placing = plan_placing(fit, original, stored);
      const std::vector<int> values = levels(resample(image, stored, placing));
      const double margin = std::max(1.0, 1 / placing.scale);
      int checked = 0;
      for (std::uint64_t i = 0; i < values.size(); ++i) {
        const double x = (static_cast<double>(i % stored.width) - placing.offset_x) / placing.scale;
        const double y = (static_cast<double>(i / stored.width) - placing.offset_y) / placing.scale;
        if (x < margin || y < margin || x > 299 - margin || y > 199 - margin) continue;
        ASSERT_NEAR(values[i], 20 + 0.5 * x + 0.3 * y, 1) << i;
        ++checked;
      }
      EXPECT_GT(checked, 500);
    }
  }
}

TEST(Resample, ABlobLandsWhereThePlacingSays) {
  const double at_x = 103.3, at_y = 61.8;
  const Image image = draw({240, 160}, [&](double x, double y) {
    return 250 * std::exp(-((x - at_x) * (x - at_x) + (y - at_y) * (y - at_y)) / (2 * 12.0 * 12.0));
  });
  for (const ImageSize stored : {ImageSize{53, 40}, ImageSize{96, 96}, ImageSize{300, 260}}) {
    const Placing placing = plan_padded(image.size, stored);
    const std::vector<int> values = levels(resample(image, stored, placing));
    double sum = 0, sum_x = 0, sum_y = 0;
    for (std::uint64_t i = 0; i < values.size(); ++i) {
      sum += values[i];
      sum_x += values[i] * static_cast<double>(i % stored.width);
      sum_y += values[i] * static_cast<double>(i / stored.width);
    }
    EXPECT_NEAR(sum_x / sum, at_x * placing.scale + placing.offset_x, 0.02);
    EXPECT_NEAR(sum_y / sum, at_y * placing.scale + placing.offset_y, 0.02);
  }
}

TEST(Resample, PaddingIsBlackAndTheRestReachesItsBorder) {
  const Image image = make_image({4, 2}, 1, std::vector<int>(8, 90));
  EXPECT_EQ(levels(resample(image, {4, 4}, plan_padded({4, 2}, {4, 4}))),
            (std::vector<int>{0, 0, 0, 0, 90, 90, 90, 90, 90, 90, 90, 90, 0, 0, 0, 0}));
}

TEST(Resample, KeepsChannelsApart) {
  const Image image = make_image({2, 2}, 3, {10, 0, 200, 20, 0, 200, 30, 0, 200, 40, 0, 200});
  EXPECT_EQ(levels(resample(image, {1, 1}, plan_cropped({2, 2}, {1, 1}))), (std::vector<int>{25, 0, 200}));
}

TEST(Colour, GreyIsTheLumaOfBt601) {
  const Image image = make_image({4, 1}, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255, 77, 77, 77});
  EXPECT_EQ(with_channels(image, 1), make_image({4, 1}, 1, {76, 150, 29, 77}));  // 76.2, 149.7, 29.1
  EXPECT_EQ(with_channels(make_image({2, 1}, 1, {5, 9}), 3), make_image({2, 1}, 3, {5, 5, 5, 9, 9, 9}));
  EXPECT_EQ(with_channels(image, 3), image);
}

}  // namespace
}  // namespace hpctrain::pack
