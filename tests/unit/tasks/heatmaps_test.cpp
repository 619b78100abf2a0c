// Targets against double loops over the formula; decoders against the points the Gaussians were made from.
#include "tasks/heatmaps.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <random>
#include <vector>

#include "tasks/heatmap_decoders.hpp"

namespace hpctrain::tasks {
namespace {

struct Point {
  double x, y;
};

std::vector<Point> random_points(int count, double low_x, double high_x, double low_y, double high_y) {
  std::mt19937 generator(12);
  std::vector<Point> points;
  for (int i = 0; i < count; ++i) {
    points.push_back({std::uniform_real_distribution(low_x, high_x)(generator),
                      std::uniform_real_distribution(low_y, high_y)(generator)});
  }
  return points;
}

/// [1, K, height, width] by the formula, in double loops.
torch::Tensor drawn_gaussians(const std::vector<Point>& points, double sigma, int height, int width, double peak = 1) {
  auto maps = torch::zeros({1, static_cast<std::int64_t>(points.size()), height, width});
  float* value = maps.data_ptr<float>();
  for (const auto& point : points) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const double squared = (x - point.x) * (x - point.x) + (y - point.y) * (y - point.y);
        *value++ = static_cast<float>(peak * std::exp(-squared / (2 * sigma * sigma)));
      }
    }
  }
  return maps;
}

torch::Tensor as_tensor(const std::vector<Point>& points) {
  auto tensor = torch::empty({1, static_cast<std::int64_t>(points.size()), 2});
  for (std::size_t i = 0; i < points.size(); ++i) {
    tensor[0][static_cast<std::int64_t>(i)][0] = points[i].x;
    tensor[0][static_cast<std::int64_t>(i)][1] = points[i].y;
  }
  return tensor;
}

double greatest_distance(const torch::Tensor& decoded, const std::vector<Point>& points) {
  double greatest = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto row = decoded[0][static_cast<std::int64_t>(i)];
    greatest = std::max(greatest, std::hypot(row[0].item<double>() - points[i].x, row[1].item<double>() - points[i].y));
  }
  return greatest;
}

double greatest_difference(const torch::Tensor& one, const torch::Tensor& two) {
  return (one - two).abs().max().item<double>();
}

TEST(GaussianHeatmaps, FollowTheFormulaAlsoForPointsOutside) {
  auto points = random_points(5, 0, 30, 0, 20);
  points.push_back({-2.3, 21.5});
  const auto maps = gaussian_heatmaps(as_tensor(points), 1.7, 20, 30);
  EXPECT_EQ(maps.sizes(), (std::vector<std::int64_t>{1, 6, 20, 30}));
  EXPECT_LT(greatest_difference(maps, drawn_gaussians(points, 1.7, 20, 30)), 1e-5);
}

TEST(GaussianHeatmaps, AreZeroForMissingPoints) {
  const auto points = torch::tensor({NAN, 3.0f, 4.0f, 5.0f, NAN, NAN}).view({1, 3, 2});
  const auto maps = gaussian_heatmaps(points, 2, 12, 12);
  EXPECT_TRUE(maps.select(1, 0).eq(0).all().item<bool>());
  EXPECT_FLOAT_EQ(maps[0][1][5][4].item<float>(), 1);
  EXPECT_TRUE(maps.select(1, 2).eq(0).all().item<bool>());
  EXPECT_TRUE(torch::equal(annotated_mask(points), torch::tensor({{0.0f, 1.0f, 0.0f}})));
}

TEST(GaussianHeatmaps, OverwriteTheMemoryTheyAreGiven) {
  auto maps = torch::full({1, 1, 9, 9}, 7.0f);
  const void* memory = maps.data_ptr();
  fill_gaussian_heatmaps(torch::tensor({4.0f, 4.0f}).view({1, 1, 2}), 1, maps);
  EXPECT_EQ(maps.data_ptr(), memory);
  EXPECT_LT(greatest_difference(maps, drawn_gaussians({{4, 4}}, 1, 9, 9)), 1e-6);
}

TEST(HeatmapPlaces, CellsCoverTheirPixels) {
  // With stride 4 the first cell covers pixels 0 … 3, whose middle is 1.5.
  EXPECT_FLOAT_EQ(image_from_heatmap_points(torch::zeros({1}), 4).item<float>(), 1.5f);
  EXPECT_FLOAT_EQ(image_from_heatmap_points(torch::full({1}, 2.25f), 1).item<float>(), 2.25f);
  const auto points = torch::tensor({-0.5f, 17.3f, 255.5f});
  EXPECT_LT(greatest_difference(image_from_heatmap_points(heatmap_from_image_points(points, 4), 4), points), 1e-4);
}

TEST(ArgmaxDecoder, NamesTheHighestCell) {
  auto maps = torch::zeros({2, 2, 5, 7});
  maps[0][0][4][6] = 2.0f;
  maps[0][1][0][3] = 0.5f;
  maps[1][0][2][0] = 3.0f;
  maps[1][1] = -1.0f;
  maps[1][1][1][5] = -0.25f;
  const auto decoded = decode_argmax(maps);
  EXPECT_TRUE(
      torch::equal(decoded.points, torch::tensor({{{6.0f, 4.0f}, {3.0f, 0.0f}}, {{0.0f, 2.0f}, {5.0f, 1.0f}}})));
  EXPECT_TRUE(torch::equal(decoded.confidence, torch::tensor({{2.0f, 0.5f}, {3.0f, -0.25f}})));
}

TEST(LogParabolaDecoder, IsExactOnCleanGaussians) {
  const auto points = random_points(200, 2, 44, 2, 36);
  for (const double sigma : {1.0, 2.5, 6.0}) {
    for (const double peak : {1.0, 0.03, 50.0}) {
      const auto decoded = decode_log_parabola(drawn_gaussians(points, sigma, 40, 48, peak));
      EXPECT_LT(greatest_distance(decoded.points, points), 1e-3) << "sigma " << sigma << ", peak " << peak;
    }
  }
}

TEST(LogParabolaDecoder, KeepsTheWholeCellAtBordersAndAtValuesWithoutLogarithm) {
  const auto border = decode_log_parabola(drawn_gaussians({{-0.2, 5.3}, {19.4, 5.3}}, 2, 12, 20)).points;
  EXPECT_EQ(border[0][0][0].item<float>(), 0.0f);
  EXPECT_EQ(border[0][1][0].item<float>(), 19.0f);
  EXPECT_NEAR(border[0][0][1].item<float>(), 5.3, 1e-3);

  auto spike = torch::zeros({1, 1, 5, 5});
  spike[0][0][2][3] = 1.0f;
  EXPECT_TRUE(torch::equal(decode_log_parabola(spike).points, torch::tensor({{{3.0f, 2.0f}}})));
  EXPECT_TRUE(torch::equal(decode_log_parabola(torch::full({1, 1, 5, 5}, 0.5f)).points, torch::zeros({1, 1, 2})));
}

TEST(LocalSoftArgmaxDecoder, LandsWithinATwentiethOfACellOnCleanGaussians) {
  const auto points = random_points(200, 6, 41, 6, 33);
  for (const double sigma : {2.0, 2.5, 4.0}) {
    for (const double peak : {1.0, 0.03, 50.0}) {
      const auto decoded = decode_local_soft_argmax(drawn_gaussians(points, sigma, 40, 48, peak));
      EXPECT_LT(greatest_distance(decoded.points, points), 0.05) << "sigma " << sigma << ", peak " << peak;
    }
  }
}

TEST(LocalSoftArgmaxDecoder, IgnoresAWeakerPeakFarAway) {
  auto maps = drawn_gaussians({{10.3, 12.6}}, 2, 32, 48) + 0.8 * drawn_gaussians({{40, 20}}, 2, 32, 48);
  EXPECT_LT(greatest_distance(decode_local_soft_argmax(maps).points, {{10.3, 12.6}}), 0.05);
}

TEST(LocalSoftArgmaxDecoder, StaysInsideAtCornersAndOnHeatmapsWithoutPeak) {
  const auto corner = decode_local_soft_argmax(drawn_gaussians({{0, 0}}, 1, 16, 16)).points;
  EXPECT_GE(corner.min().item<float>(), 0.0f);
  EXPECT_LT(corner.max().item<float>(), 0.5f);
  EXPECT_TRUE(torch::equal(decode_local_soft_argmax(torch::full({1, 1, 8, 8}, -1.0f)).points, torch::zeros({1, 1, 2})));
  EXPECT_TRUE(decode_local_soft_argmax(torch::full({1, 1, 8, 8}, NAN)).points.isfinite().all().item<bool>());
}

TEST(LocalSoftArgmaxDecoder, HandsGradientsToTheHeatmap) {
  auto maps = drawn_gaussians({{8.0, 8.0}}, 2, 17, 17).requires_grad_();
  decode_local_soft_argmax(maps).points.select(2, 0).sum().backward();
  // Raising a cell on the right pulls the point to the right, on the left to the left.
  EXPECT_GT(maps.grad()[0][0][8][9].item<float>(), 0.01f);
  EXPECT_LT(maps.grad()[0][0][8][7].item<float>(), -0.01f);
  EXPECT_EQ(maps.grad()[0][0][8][16].item<float>(), 0.0f);
}

}  // namespace
}  // namespace hpctrain::tasks
