// Mobile, wide and heatmap networks: sizes, names and shapes as published; the numbers are torchvision's
// (tests/parity compares values).
#include <gtest/gtest.h>
#include <torch/nn.h>
#include <torch/optim.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "models/efficientnet.hpp"
#include "models/mobilenet_v3.hpp"
#include "models/registry.hpp"
#include "models/spatial_configuration_net.hpp"
#include "models/stochastic_depth.hpp"
#include "models/wide_resnet.hpp"
#include "support/expect_error.hpp"

namespace hpctrain::models {
namespace {

using hpctrain::test::expect_error;

NetworkSpec make_spec(std::int64_t channels, std::int64_t side, Stem stem) {
  return {.channels = channels, .height = side, .width = side, .outputs = 10, .stem = stem};
}

std::vector<std::string> state_names(const Network& network) {
  auto names = network.named_parameters().keys();
  for (const auto& name : network.named_buffers().keys()) names.push_back(name);
  return names;
}

struct Size {
  const char* name;
  std::int64_t channels;
  Stem stem;
  std::int64_t parameters;
  std::size_t tensors;  // torchvision's state_dict has as many entries
};

class NetworkSizes : public ::testing::TestWithParam<Size> {};

TEST_P(NetworkSizes, AreThePublishedOnes) {
  const Size& size = GetParam();
  const auto network = make_network(size.name, make_spec(size.channels, 32, size.stem));
  EXPECT_EQ(count_parameters(*network), size.parameters);
  EXPECT_EQ(state_names(*network).size(), size.tensors);
}

INSTANTIATE_TEST_SUITE_P(All, NetworkSizes,
                         ::testing::Values(Size{"efficientnet-b0", 3, Stem::imagenet, 4020358, 360},
                                           Size{"mobilenet-v3-small", 3, Stem::imagenet, 1528106, 244},
                                           Size{"wrn-28-2", 3, Stem::small, 1467610, 25 + 3 + 2 + 25 * 5},
                                           Size{"wrn-28-10", 3, Stem::small, 36479194, 25 + 3 + 2 + 25 * 5}),
                         [](const auto& parameter) {
                           std::string name = parameter.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(SpatialConfigurationNet, HasThePublishedNumberOfParametersFromOneChannelToNineteenLandmarks) {
  const auto network = make_network("scn", {.channels = 1, .height = 32, .width = 32, .outputs = 19});
  EXPECT_EQ(count_parameters(*network), 6181030);
}

TEST(MobileNetworks, NameTheirTensorsAsTorchvisionDoes) {
  const auto efficient = make_efficientnet_b0(make_spec(3, 32, Stem::imagenet))->named_parameters();
  const auto mobile = make_mobilenet_v3_small(make_spec(3, 32, Stem::imagenet))->named_parameters();
  for (const char* name : {"features.0.0.weight", "features.1.0.block.1.fc2.bias", "features.4.2.block.3.1.weight",
                           "features.8.1.bias", "classifier.1.weight"}) {
    EXPECT_TRUE(efficient.contains(name)) << name;
  }
  for (const char* name : {"features.0.1.weight", "features.1.block.1.fc1.weight", "features.11.block.3.0.weight",
                           "features.12.0.weight", "classifier.0.bias", "classifier.3.weight"}) {
    EXPECT_TRUE(mobile.contains(name)) << name;
  }
}

template <class Classifier>
void expect_features_before_the_head(Classifier& network, const torch::Tensor& images, std::int64_t count) {
  network.eval();
  const auto features = network.features(images);
  EXPECT_EQ(network.feature_count(), count);
  EXPECT_EQ(features.sizes(), (std::vector<std::int64_t>{images.size(0), count}));
  const std::string head(network.head_name());
  const auto parameters = network.named_parameters();
  const auto logits = torch::linear(features, parameters[head + ".weight"], parameters[head + ".bias"]);
  EXPECT_TRUE(torch::allclose(network.forward(images), logits));
}

TEST(Classifiers, AnswerByTheirHeadAloneFromTheirFeatures) {
  const auto images = torch::randn({2, 2, 32, 24});
  const NetworkSpec spec{.channels = 2, .height = 32, .width = 24, .outputs = 7, .stem = Stem::small};
  EfficientNetB0 efficient(spec);
  MobileNetV3Small mobile(spec);
  WideResNet wide({.depth = 16, .width = 2}, spec);
  expect_features_before_the_head(efficient, images, 1280);
  expect_features_before_the_head(mobile, images, 1024);
  expect_features_before_the_head(wide, images, 128);
}

TEST(Classifiers, TakeTheSmallestImagesTheyPromiseAndNoneBelow) {
  for (const auto& [name, imagenet, small] :
       {std::tuple("efficientnet-b0", 17, 9), std::tuple("mobilenet-v3-small", 17, 9), std::tuple("wrn-10-1", 9, 3)}) {
    for (const auto& [stem, side] : {std::pair(Stem::imagenet, imagenet), std::pair(Stem::small, small)}) {
      const auto network = make_network(name, make_spec(1, side, stem));
      EXPECT_EQ(network->forward(torch::randn({2, 1, side, side})).size(1), 10) << name;
      expect_error(Fault::usage, {name, std::to_string(side) + "×" + std::to_string(side)},
                   [&, s = stem, p = side, n = name] { make_network(n, make_spec(1, p - 1, s)); });
    }
  }
}

TEST(WideResNet, IsNamedByDepthAndWidth) {
  const auto plan = read_wide_resnet_name("wrn-40-2");
  EXPECT_EQ(plan.depth, 40);
  EXPECT_EQ(plan.width, 2);
  for (const char* name : {"wrn-", "wrn-28", "wrn-28-", "wrn-27-10", "wrn-4-1", "wrn-28-0", "wrn-28-65", "wrn-28-10x",
                           "wrn--28-10", "wrn-28--10", "wrn-2800000000000000000000-1"}) {
    expect_error(Fault::usage, {"wrn-DEPTH-WIDTH", "6n + 4"}, [&] { read_wide_resnet_name(name); });
  }
}

// Oracles: torchvision's own initialisation; with thousands of draws the spread lies within a few per cent.
TEST(MobileNetworks, DrawTheirFirstWeightsAsTorchvisionDoes) {
  torch::manual_seed(1);
  const auto efficient = make_efficientnet_b0(make_spec(3, 32, Stem::imagenet))->named_parameters();
  const auto mobile = make_mobilenet_v3_small(make_spec(3, 32, Stem::imagenet))->named_parameters();
  const auto spread = [](const torch::Tensor& tensor) { return tensor.std().item<double>(); };
  EXPECT_NEAR(spread(efficient["features.8.0.weight"]) / std::sqrt(2.0 / 1280), 1, 0.02);
  EXPECT_NEAR(spread(efficient["features.6.1.block.1.0.weight"]) / std::sqrt(2.0 / (1152 * 25)), 1, 0.02);
  EXPECT_NEAR(efficient["classifier.1.weight"].abs().max().item<double>() * std::sqrt(10.0), 1, 0.01);
  EXPECT_NEAR(spread(mobile["classifier.0.weight"]) / 0.01, 1, 0.02);
  EXPECT_NEAR(spread(mobile["features.12.0.weight"]) / std::sqrt(2.0 / 576), 1, 0.02);
  for (const auto* parameters : {&efficient, &mobile}) {
    for (const auto& item : *parameters) {
      if (!item.key().ends_with("bias")) continue;
      EXPECT_EQ(item.value().abs().max().item<double>(), 0) << item.key();
    }
  }
}

TEST(StochasticDepth, LeavesOutWholeBranchesAndKeepsTheMean) {
  torch::manual_seed(1);
  const auto kept = drop_branches(torch::ones({4000, 2, 3}), 0.25, /*is_training=*/true);
  const auto firsts = kept.select(2, 0).select(1, 0);
  EXPECT_TRUE(torch::equal(kept, firsts.view({-1, 1, 1}).expand_as(kept)));
  EXPECT_NEAR(firsts.eq(0).to(torch::kFloat64).mean().item<double>(), 0.25, 0.03);
  EXPECT_NEAR(firsts.max().item<double>(), 1 / 0.75, 1e-6);
  torch::manual_seed(1);
  EXPECT_TRUE(torch::equal(drop_branches(torch::ones({4000, 2, 3}), 0.25, true), kept));
}

TEST(StochasticDepth, LeavesOutNothingInEvaluation) {
  const auto branches = torch::randn({8, 2});
  EXPECT_TRUE(torch::equal(drop_branches(branches, 0.5, /*is_training=*/false), branches));
}

TEST(StochasticDepth, IsPublishedForOneNetworkAndRefusedByTheOthers) {
  auto spec = make_spec(3, 32, Stem::small);
  const auto answer = [&](std::optional<double> depth) {
    spec.dropout = 0;
    spec.stochastic_depth = depth;
    torch::manual_seed(1);
    const auto network = make_network("efficientnet-b0", spec);
    const auto images = torch::linspace(-1, 1, 4 * 3 * 32 * 32).view({4, 3, 32, 32});
    return network->forward(images).detach();
  };
  EXPECT_FALSE(torch::equal(answer(0), answer(0.9)));
  EXPECT_TRUE(torch::equal(answer(0.2), answer(std::nullopt)));
  spec.stochastic_depth = 0.2;
  expect_error(Fault::usage, {"model.stochastic-depth", "resnet18"}, [&] { make_network("resnet18", spec); });
}

TEST(SpatialConfigurationNet, GivesOneHeatmapPerLandmarkAtFullResolution) {
  const auto network = make_network("scn", {.channels = 1, .height = 32, .width = 16, .outputs = 4});
  network->eval();
  ASSERT_EQ(network->output_stride(), 1);
  EXPECT_EQ(network->forward(torch::randn({1, 1, 32, 16})).sizes(), (std::vector<std::int64_t>{1, 4, 32, 16}));
}

TEST(SpatialConfigurationNet, RefusesImagesThatItCannotDivide) {
  expect_error(Fault::usage, {"scn", "multiples of 16", "40×32", "data.image-size"},
               [] { make_network("scn", {.channels = 1, .height = 32, .width = 40, .outputs = 4}); });
}

TEST(SpatialConfigurationNet, LearnsWhereABrightPixelIs) {
  torch::manual_seed(3);
  const auto network = make_network("scn", {.channels = 1, .height = 16, .width = 16, .outputs = 1, .dropout = 0});
  torch::optim::Adam optimizer(network->parameters(), torch::optim::AdamOptions(1e-3));
  const auto image = torch::zeros({1, 1, 16, 16});
  image[0][0][5][9] = 1;
  double first = 0, last = 0;
  for (int step = 0; step < 25; ++step) {
    optimizer.zero_grad();
    const auto loss = (network->forward(image) - image).square().sum();
    loss.backward();
    optimizer.step();
    last = loss.item<double>();
    if (step == 0) first = last;
  }
  EXPECT_LT(last, 0.5 * first);
}

}  // namespace
}  // namespace hpctrain::models
