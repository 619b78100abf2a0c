// Dropout: before the last layer of classifiers, or where a network's paper has it.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "models/registry.hpp"

namespace hpctrain::models {
namespace {

NetworkSpec make_spec(double dropout) {
  return {.channels = 1, .height = 16, .width = 16, .outputs = 4, .stem = Stem::small, .dropout = dropout};
}

torch::Tensor answer(Network& network, std::uint64_t seed) {
  torch::manual_seed(seed);
  return network.forward(torch::linspace(-1, 1, 4 * 256).view({4, 1, 16, 16})).detach();
}

class DropoutNetworks : public ::testing::TestWithParam<const char*> {};

TEST_P(DropoutNetworks, DrawWhatIsLeftOutFromTheDefaultGenerator) {
  const auto network = make_network(GetParam(), make_spec(0.5));
  network->train();
  const auto first = answer(*network, 1);
  EXPECT_TRUE(torch::equal(answer(*network, 1), first));
  EXPECT_FALSE(torch::allclose(answer(*network, 2), first));
}

TEST_P(DropoutNetworks, LeaveOutNothingInEvaluation) {
  const auto network = make_network(GetParam(), make_spec(0.5));
  network->eval();
  EXPECT_TRUE(torch::equal(answer(*network, 1), answer(*network, 2)));
}

INSTANTIATE_TEST_SUITE_P(Networks, DropoutNetworks,
                         ::testing::Values("small-convnet", "resnet18", "wrn-10-1", "efficientnet-b0",
                                           "mobilenet-v3-small", "scn"),
                         [](const auto& parameter) {
                           std::string name = parameter.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Dropout, IsRefusedByANetworkThatIsNoClassifier) {
  const NetworkSpec spec{.channels = 1, .height = 64, .width = 64, .outputs = 4, .dropout = 0.5};
  try {
    make_network("unet", spec);
    FAIL() << "dropout was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    EXPECT_NE(std::string(error.what()).find("model.dropout"), std::string::npos);
  }
}

}  // namespace
}  // namespace hpctrain::models
