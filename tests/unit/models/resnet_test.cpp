// Residual networks: sizes, names and shapes as published; the numbers are torchvision's (tests/parity compares
// values).
#include "models/resnet.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "models/registry.hpp"

namespace hpctrain::models {
namespace {

NetworkSpec make_spec(std::int64_t channels, std::int64_t side, Stem stem) {
  return {.channels = channels, .height = side, .width = side, .outputs = 10, .stem = stem};
}

struct Size {
  const char* name;
  std::int64_t imagenet_parameters;
  std::int64_t small_parameters;
};

class ResNetSizes : public ::testing::TestWithParam<Size> {};

TEST_P(ResNetSizes, HasThePublishedNumberOfParameters) {
  const Size& size = GetParam();
  EXPECT_EQ(count_parameters(*make_network(size.name, make_spec(3, 32, Stem::imagenet))), size.imagenet_parameters);
  EXPECT_EQ(count_parameters(*make_network(size.name, make_spec(3, 32, Stem::small))), size.small_parameters);
}

INSTANTIATE_TEST_SUITE_P(AllDepths, ResNetSizes,
                         ::testing::Values(Size{"resnet18", 11181642, 11173962}, Size{"resnet50", 23528522, 23520842},
                                           Size{"resnet152", 58164298, 58156618}),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(ResNet, NamesItsTensorsAsTorchvisionDoes) {
  const auto network = make_resnet18(make_spec(3, 32, Stem::imagenet));
  const std::vector<std::string> parameters = network->named_parameters().keys();
  ASSERT_EQ(parameters.size(), 62U);
  EXPECT_EQ(std::vector<std::string>(parameters.begin(), parameters.begin() + 5),
            (std::vector<std::string>{"conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.conv1.weight",
                                      "layer1.0.bn1.weight"}));
  EXPECT_EQ(std::vector<std::string>(parameters.end() - 3, parameters.end()),
            (std::vector<std::string>{"layer4.1.bn2.bias", "fc.weight", "fc.bias"}));
  const std::vector<std::string> buffers = network->named_buffers().keys();
  ASSERT_EQ(buffers.size(), 60U);
  for (const char* name :
       {"bn1.running_mean", "layer2.0.downsample.1.running_var", "layer4.1.bn2.num_batches_tracked"}) {
    EXPECT_EQ(std::count(buffers.begin(), buffers.end(), name), 1) << name;
  }
}

TEST(ResNet, GivesOneRowOfLogitsPerImage) {
  const auto images = torch::randn({2, 3, 33, 40});
  for (const Stem stem : {Stem::imagenet, Stem::small}) {
    const auto network = make_resnet18({.channels = 3, .height = 33, .width = 40, .outputs = 7, .stem = stem});
    EXPECT_EQ(network->forward(images).sizes(), (std::vector<std::int64_t>{2, 7}));
  }
}

TEST(ResNet, BottlenecksGiveOneRowOfLogitsPerImage) {
  const auto network = make_resnet50(make_spec(2, 16, Stem::small));
  EXPECT_EQ(network->forward(torch::randn({2, 2, 16, 16})).sizes(), (std::vector<std::int64_t>{2, 10}));
}

TEST(ResNet, TakesTheSmallestImagesItPromises) {
  EXPECT_EQ(make_resnet18(make_spec(1, 17, Stem::imagenet))->forward(torch::randn({2, 1, 17, 17})).size(1), 10);
  EXPECT_EQ(make_resnet18(make_spec(1, 5, Stem::small))->forward(torch::randn({2, 1, 5, 5})).size(1), 10);
}

TEST(ResNet, RepeatsAGreyImageForTheImagenetStem) {
  const auto network = make_resnet18(make_spec(1, 32, Stem::imagenet));
  network->eval();
  const auto grey = torch::randn({2, 1, 32, 32});
  EXPECT_TRUE(torch::equal(network->forward(grey), network->forward(grey.repeat({1, 3, 1, 1}))));
}

TEST(ResNet, TheSmallStemTakesTheChannelsOfTheData) {
  const auto network = make_resnet18(make_spec(2, 8, Stem::small));
  EXPECT_EQ(network->named_parameters()["conv1.weight"].sizes(), (std::vector<std::int64_t>{64, 2, 3, 3}));
}

// Oracle: fan-out of conv1 is 64·7·7, the ReLU gain √2; 9,408 draws put the spread within 3 % of it.
TEST(ResNet, DrawsConvolutionsWithFanOutSpread) {
  torch::manual_seed(1);
  const auto network = make_resnet18(make_spec(3, 32, Stem::imagenet));
  const double spread = network->named_parameters()["conv1.weight"].std().item<double>();
  EXPECT_NEAR(spread / std::sqrt(2.0 / (64 * 7 * 7)), 1.0, 0.03);
}

TEST(ResNet, ListsEveryBatchNormalisationAsAnOwnerOfStatistics) {
  const auto network = make_resnet18(make_spec(1, 32, Stem::small));
  network->forward(torch::randn({2, 1, 32, 32}));
  const auto owners = statistics_owners(*network);
  ASSERT_EQ(owners.size(), 20U);
  for (auto* owner : owners) EXPECT_GT(owner->staged()[0].item<double>(), 0);
  EXPECT_EQ(owners.front()->staged().numel(), 2 * 64 + 1);
  EXPECT_EQ(owners.back()->staged().numel(), 2 * 512 + 1);
}

void expect_usage_error(const NetworkSpec& spec, const std::string& hint) {
  try {
    make_resnet18(spec);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    EXPECT_NE(std::string(error.what()).find(hint), std::string::npos) << error.what();
  }
}

TEST(ResNet, RefusesImagesThatWouldShrinkBelowAPixel) {
  expect_usage_error(make_spec(3, 16, Stem::imagenet), "17×17");
  expect_usage_error(make_spec(3, 4, Stem::small), "5×5");
  expect_usage_error({.channels = 3, .height = 64, .width = 8}, "8×64");
}

TEST(ResNet, RefusesChannelsThatTheImagenetStemCannotTake) {
  expect_usage_error(make_spec(4, 64, Stem::imagenet), "model.stem small");
}

}  // namespace
}  // namespace hpctrain::models
