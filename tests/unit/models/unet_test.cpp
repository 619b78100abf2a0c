// The heatmap network: shapes, reach and that it learns where a point is.
#include "models/unet.hpp"

#include <gtest/gtest.h>
#include <torch/nn.h>
#include <torch/optim.h>

#include <vector>

#include "core/error.hpp"
#include "models/registry.hpp"
#include "models/statistics.hpp"

namespace hpctrain::models {
namespace {

NetworkSpec make_spec(std::int64_t channels, std::int64_t height, std::int64_t width, std::int64_t outputs) {
  return {.channels = channels, .height = height, .width = width, .outputs = outputs};
}

TEST(UNet, GivesOneHeatmapPerLandmarkAtTheStrideItReports) {
  const auto network = make_network("unet", make_spec(1, 64, 96, 19));
  ASSERT_EQ(network->output_stride(), 4);
  EXPECT_EQ(network->forward(torch::randn({2, 1, 64, 96})).sizes(), (std::vector<std::int64_t>{2, 19, 16, 24}));
}

TEST(UNet, TakesSizesThatNoPowerOfTwoDivides) {
  const auto network = make_unet(make_spec(3, 45, 61, 4));
  EXPECT_EQ(network->forward(torch::randn({1, 3, 45, 61})).sizes(), (std::vector<std::int64_t>{1, 4, 12, 16}));
}

TEST(UNet, KeepsTheSameResultForAnySplitOfTheBatch) {
  torch::manual_seed(1);
  const auto network = make_unet(make_spec(1, 64, 64, 3));
  const auto images = torch::randn({4, 1, 64, 64});
  const auto whole = network->forward(images);
  const auto parts = torch::cat({network->forward(images.narrow(0, 0, 1)), network->forward(images.narrow(0, 1, 3))});
  EXPECT_LE((whole - parts).abs().max().item<double>(), 1e-6);
  EXPECT_TRUE(statistics_owners(*network).empty());
}

// Landmarks look alike close up; which one it is shows in their places on the film.
TEST(UNet, SeesTheWholeFilmFromItsCentre) {
  torch::manual_seed(1);
  const auto network = make_unet(make_spec(1, 256, 256, 1));
  const auto film = torch::randn({1, 1, 256, 256}).requires_grad_();
  network->forward(film).index({0, 0, 32, 32}).backward();
  for (const int row : {0, 255}) {
    for (const int column : {0, 255}) EXPECT_NE(film.grad().index({0, 0, row, column}).item<double>(), 0);
  }
}

// One bright spot per image: after a few dozen steps the heatmap's peak lies on it, in images never trained on.
TEST(UNet, LearnsToFindASpot) {
  torch::manual_seed(1);
  torch::set_num_threads(1);
  const auto network = make_unet(make_spec(1, 32, 32, 1));
  torch::optim::Adam optimizer(network->parameters(), torch::optim::AdamOptions(3e-3));
  const auto draw_cells = [] { return torch::randint(64, {16}, torch::kLong); };
  const auto draw_heatmaps = [](const torch::Tensor& cells) {
    return torch::one_hot(cells, 64).to(torch::kFloat).view({-1, 1, 8, 8});
  };
  const auto draw_images = [](const torch::Tensor& heatmaps) {
    return torch::upsample_nearest2d(heatmaps, {32, 32}) + 0.1 * torch::randn({16, 1, 32, 32});
  };
  for (int step = 0; step < 60; ++step) {
    const auto heatmaps = draw_heatmaps(draw_cells());
    optimizer.zero_grad();
    (network->forward(draw_images(heatmaps)) - heatmaps).square().sum().backward();
    optimizer.step();
  }
  const torch::NoGradGuard no_grad;
  const auto cells = draw_cells();
  const auto found = network->forward(draw_images(draw_heatmaps(cells))).flatten(1).argmax(1);
  EXPECT_GE((found == cells).sum().item<std::int64_t>(), 15);
}

TEST(UNet, RefusesImagesSmallerThanItPromises) {
  try {
    make_network("unet", make_spec(1, 256, 31, 2));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
  }
}

}  // namespace
}  // namespace hpctrain::models
