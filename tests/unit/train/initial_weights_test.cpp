// What model.init takes over from a file, and what it refuses.
#include "train/initial_weights.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include "checkpoint/safetensors.hpp"
#include "models/registry.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"
#include "train/network_state.hpp"

namespace hpctrain::train {
namespace {

using hpctrain::test::expect_error;

std::shared_ptr<models::Network> make_network(std::int64_t outputs, std::uint64_t seed) {
  torch::manual_seed(seed);
  return models::make_network("small-convnet", {.channels = 1, .height = 8, .width = 8, .outputs = outputs});
}

class InitialWeights : public testing::Test {
 protected:
  std::vector<checkpoint::NamedTensor> tensors_of(const models::Network& network) {
    auto tensors = network_state(network).parameters;
    for (auto& item : tensors) item.tensor = item.tensor.detach().clone();
    return tensors;
  }
  std::filesystem::path save(const std::vector<checkpoint::NamedTensor>& tensors) {
    const auto path = folder_ / (std::to_string(++saved_) + ".safetensors");
    checkpoint::save_safetensors(posix_file_system(), path, tensors);
    return path;
  }
  std::vector<std::string> load(const std::vector<checkpoint::NamedTensor>& tensors, models::Network& network) {
    return load_initial_weights(posix_file_system(), save(tensors), network);
  }

  hpctrain::test::TemporaryFolder folder_;
  int saved_ = 0;
};

TEST_F(InitialWeights, AreThoseOfTheFile) {
  const auto source = make_network(3, 1), target = make_network(3, 2);
  const auto messages = load(tensors_of(*source), *target);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_NE(messages[0].find("6 tensors"), std::string::npos);
  for (const auto& item : source->named_parameters()) {
    EXPECT_TRUE(torch::equal(item.value(), target->named_parameters()[item.key()])) << item.key();
  }
}

TEST_F(InitialWeights, LeaveAHeadOfAnotherSizeToChanceAndSaySo) {
  const auto source = make_network(7, 1), target = make_network(3, 2);
  const auto head_before = target->named_parameters()["fc.weight"].detach().clone();
  const auto messages = load(tensors_of(*source), *target);
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_NE(messages[1].find("fc.weight starts from random values"), std::string::npos) << messages[1];
  EXPECT_TRUE(torch::equal(target->named_parameters()["fc.weight"], head_before));
  EXPECT_TRUE(torch::equal(target->named_parameters()["conv1.weight"], source->named_parameters()["conv1.weight"]));
}

TEST_F(InitialWeights, MayLackTheHead) {
  const auto target = make_network(3, 2);
  auto tensors = tensors_of(*make_network(3, 1));
  std::erase_if(tensors, [](const auto& item) { return item.name.starts_with("fc."); });
  EXPECT_EQ(load(tensors, *target).size(), 3u);
}

TEST_F(InitialWeights, MayLackTheCounterOfBatchesThatOlderFilesDoNotKnow) {
  const auto make = [] {
    return models::make_network("strided-convnet", {.channels = 1, .height = 16, .width = 16, .outputs = 3});
  };
  const auto source = make(), target = make();
  source->named_buffers()["bn2.running_mean"].fill_(5);
  auto tensors = tensors_of(*source);
  for (const auto& item : network_state(*source).buffers) {
    if (!item.name.ends_with("num_batches_tracked")) tensors.push_back({item.name, item.tensor.clone()});
  }
  EXPECT_EQ(load(tensors, *target).size(), 1u);
  EXPECT_EQ(target->named_buffers()["bn2.running_mean"].min().item<float>(), 5);
  EXPECT_EQ(target->named_buffers()["bn2.num_batches_tracked"].item<std::int64_t>(), 0);
  std::erase_if(tensors, [](const auto& item) { return item.name == "bn2.running_mean"; });
  expect_error(Fault::usage, {"no tensor bn2.running_mean"}, [&] { load(tensors, *target); });
}

TEST_F(InitialWeights, OfAClassifierServeItsEncoderAndBack) {
  torch::manual_seed(2);
  const auto encoder = models::make_network(
      "small-convnet", {.channels = 1, .height = 8, .width = 8, .outputs = 16, .has_projector = true});
  const auto classifier = make_network(3, 1);
  EXPECT_EQ(load(tensors_of(*classifier), *encoder).size(), 5u);  // one line for each tensor of the projector
  EXPECT_TRUE(
      torch::equal(encoder->named_parameters()["conv2.weight"], classifier->named_parameters()["conv2.weight"]));
  auto exported = tensors_of(*encoder);
  std::erase_if(exported, [](const auto& item) { return item.name.starts_with("projector."); });
  const auto other = make_network(5, 3);
  EXPECT_EQ(load(exported, *other).size(), 3u);
  EXPECT_TRUE(torch::equal(other->named_parameters()["conv2.weight"], classifier->named_parameters()["conv2.weight"]));
}

TEST_F(InitialWeights, OfAnotherNetworkAreRefusedByTheTensorThatDoesNotFit) {
  const auto network = make_network(3, 1);
  auto missing = tensors_of(*network), unknown = missing, reshaped = missing;
  std::erase_if(missing, [](const auto& item) { return item.name == "conv2.bias"; });
  unknown.push_back({"layer9.weight", torch::zeros({2})});
  reshaped[0].tensor = torch::zeros({5, 5});
  expect_error(Fault::usage, {"model.init", "no tensor conv2.bias"}, [&] { load(missing, *network); });
  expect_error(Fault::usage, {"layer9.weight", "does not have"}, [&] { load(unknown, *network); });
  expect_error(Fault::usage, {"conv1.weight is [5, 5]", "[16, 1, 3, 3]"}, [&] { load(reshaped, *network); });
}

}  // namespace
}  // namespace hpctrain::train
