// Classifiers without their heads.
#include "models/projected_network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <set>
#include <string>

#include "core/error.hpp"
#include "models/registry.hpp"

namespace hpctrain::models {
namespace {

NetworkSpec make_spec(bool has_projector) {
  return {.channels = 1,
          .height = 16,
          .width = 16,
          .outputs = 6,
          .stem = Stem::small,
          .dropout = has_projector ? 0.5 : 0,
          .has_projector = has_projector};
}

torch::Tensor images() {
  return torch::linspace(-1, 1, 4 * 256).view({4, 1, 16, 16});
}

std::set<std::string> names_of(const Network& network) {
  std::set<std::string> names;
  for (const auto& item : network.named_parameters()) names.insert(item.key());
  for (const auto& item : network.named_buffers()) names.insert(item.key());
  return names;
}

class Encoders : public ::testing::TestWithParam<std::string> {};

TEST_P(Encoders, KeepTheClassifiersNamesWithAProjectorInTheHeadsPlace) {
  auto expected = names_of(*make_network(GetParam(), make_spec(false)));
  const auto head = std::string(make_network(GetParam(), make_spec(false))->head_name());
  std::erase_if(expected, [&](const std::string& name) { return name.starts_with(head + "."); });
  for (const char* name : {"0.weight", "0.bias", "2.weight", "2.bias"}) {
    expected.insert(std::string("projector.") + name);
  }
  EXPECT_EQ(names_of(*make_network(GetParam(), make_spec(true))), expected);
}

TEST_P(Encoders, HaveTheFeaturesThatTheClassifiersHeadSees) {
  torch::manual_seed(1);
  const auto classifier = make_network(GetParam(), make_spec(false));
  classifier->eval();
  const auto features = classifier->features(images());
  ASSERT_EQ(features.sizes(), (std::vector<std::int64_t>{4, classifier->feature_count()}));
  const auto parameters = classifier->named_parameters();
  const auto head = std::string(classifier->head_name());
  const auto answers = features.mm(parameters[head + ".weight"].t()) + parameters[head + ".bias"];
  EXPECT_TRUE(torch::allclose(classifier->forward(images()), answers, 1e-5, 1e-6));

  torch::manual_seed(1);
  const auto encoder = make_network(GetParam(), make_spec(true));
  encoder->eval();
  EXPECT_TRUE(torch::equal(encoder->features(images()), features));
  EXPECT_EQ(encoder->feature_count(), classifier->feature_count());
  EXPECT_EQ(encoder->forward(images()).sizes(), (std::vector<std::int64_t>{4, 6}));
  EXPECT_EQ(encoder->former_head_name(), head);
}

INSTANTIATE_TEST_SUITE_P(Classifiers, Encoders, ::testing::Values("small-convnet", "strided-convnet", "resnet18"),
                         [](const auto& parameter) { return parameter.param.substr(0, parameter.param.find('-')); });

TEST(ProjectedNetwork, TrainsAndMovesItsLayers) {
  const auto network = make_network("strided-convnet", make_spec(true));
  network->train();
  const auto before = network->features(images());
  network->eval();
  EXPECT_FALSE(torch::allclose(network->features(images()), before)) << "batch normalisation is in both modes the same";
  network->train();
  network->to(torch::kFloat64);
  EXPECT_EQ(network->forward(images().to(torch::kFloat64)).scalar_type(), torch::kFloat64);
  network->forward(images().to(torch::kFloat64)).sum().backward();
  for (const auto& item : network->named_parameters()) EXPECT_TRUE(item.value().grad().defined()) << item.key();
}

TEST(ProjectedNetwork, IsRefusedForNetworksWithoutFeatures) {
  try {
    make_network("unet", {.channels = 1, .height = 32, .width = 32, .outputs = 6, .has_projector = true});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("unet"), testing::HasSubstr("resnet18")));
  }
}

}  // namespace
}  // namespace hpctrain::models
