#include "train/gradient_buckets.hpp"

#include <gtest/gtest.h>
#include <torch/nn.h>

#include "comm/thread_communicator.hpp"
#include "train/network_state.hpp"

namespace hpctrain::train {
namespace {

class TwoLayers : public models::Network {
 public:
  TwoLayers() {
    first_ = register_module("first", torch::nn::Linear(4, 3));
    second_ = register_module("second", torch::nn::Linear(3, 2));
  }
  torch::Tensor forward(const torch::Tensor& images) override { return second_(torch::relu(first_(images))); }
  std::string_view head_name() const override { return "second"; }

 private:
  torch::nn::Linear first_{nullptr};
  torch::nn::Linear second_{nullptr};
};

TEST(GradientBuckets, BackwardAddsIntoTheBucketsInPlace) {
  TwoLayers network;
  const auto state = network_state(network);
  const auto alone = comm::make_single_rank_communicator();
  const auto channel = comm::make_host_channel(*alone);
  GradientBuckets buckets(state.parameters, 2, *channel);
  const auto input = torch::randn({5, 4});
  network.forward(input).sum().backward();
  const auto once = state.parameters[0].tensor.grad().clone();
  network.forward(input).sum().backward();
  EXPECT_TRUE(torch::allclose(state.parameters[0].tensor.grad(), once * 2));
  EXPECT_GT(once.abs().sum().item<float>(), 0);
  buckets.zero();
  for (const auto& parameter : state.parameters) EXPECT_EQ(parameter.tensor.grad().abs().sum().item<float>(), 0);
}

TEST(GradientBuckets, FollowTheTypeOfTheParameters) {
  TwoLayers network;
  network.to(torch::kFloat64);
  const auto state = network_state(network);
  const auto alone = comm::make_single_rank_communicator();
  const auto channel = comm::make_host_channel(*alone);
  GradientBuckets buckets(state.parameters, 2, *channel);
  network.forward(torch::ones({1, 4}, torch::kFloat64)).sum().backward();
  EXPECT_EQ(state.parameters[0].tensor.grad().scalar_type(), torch::kFloat64);
  EXPECT_EQ(buckets.span(0).type, comm::ElementType::f64);
  EXPECT_EQ(buckets.passengers().scalar_type(), torch::kFloat64);
}

TEST(NetworkState, BroadcastMakesAllRanksEqualToRankZero) {
  comm::run_ranks(2, [](comm::Communicator& group) {
    TwoLayers network;
    const auto state = network_state(network);
    const torch::NoGradGuard no_grad;
    for (const auto& parameter : state.parameters) {
      torch::Tensor tensor = parameter.tensor;
      tensor.fill_(static_cast<double>(10 + group.rank()));
    }
    broadcast_state(group, state);
    for (const auto& parameter : state.parameters) EXPECT_TRUE(parameter.tensor.eq(10).all().item<bool>());
  });
}

}  // namespace
}  // namespace hpctrain::train
