#include "train/tree_reduction.hpp"

#include <gtest/gtest.h>
#include <torch/nn.h>

#include <cmath>
#include <vector>

#include "comm/thread_communicator.hpp"
#include "data/batch_plan.hpp"
#include "train/network_state.hpp"

namespace hpctrain::train {
namespace {

constexpr std::int64_t kWidth = 37;

/// Its gradient is whatever its input is.
class Identity : public models::Network {
 public:
  Identity() { weight_ = register_parameter("weight", torch::ones({kWidth})); }
  torch::Tensor forward(const torch::Tensor& images) override { return (images * weight_).sum(); }
  std::string_view head_name() const override { return "weight"; }

 private:
  torch::Tensor weight_;
};

/// Of one micro-shard: values whose sum depends on the order in which they are added.
torch::Tensor gradient_of(std::uint64_t shard) {
  const auto places = torch::arange(kWidth, torch::kFloat64);
  return (places * 1.7 + static_cast<double>(shard) * 2.3).sin().mul(std::pow(7.0, shard % 5)).to(torch::kFloat32);
}

/// Round by round, in float32.
torch::Tensor expected_sum(std::uint64_t micro_shards) {
  std::vector<torch::Tensor> row;
  for (std::uint64_t shard = 0; shard < micro_shards; ++shard) row.push_back(gradient_of(shard));
  while (row.size() > 1) {
    std::vector<torch::Tensor> next;
    for (std::size_t i = 0; i < row.size(); i += 2) next.push_back(i + 1 < row.size() ? row[i] + row[i + 1] : row[i]);
    row = next;
  }
  return row.front();
}

/// A step that the last rank does not bring to its end: it must leave nothing behind.
void break_off(TreeReduction& reduction, Identity& network, bool is_lacking) {
  reduction.start_step();
  reduction.start_backward(false);
  network.forward(gradient_of(3)).backward();
  if (!is_lacking) reduction.end_micro_step();
  EXPECT_FALSE(reduction.wait(!is_lacking));
}

/// Gradients of every rank after two equal steps.
std::vector<torch::Tensor> reduce(std::uint64_t micro_shards, int world) {
  std::vector<torch::Tensor> found(static_cast<std::size_t>(world));
  comm::run_ranks(world, [&](comm::Communicator& group) {
    Identity network;
    const auto state = network_state(network);
    StepStatistics statistics(network);
    const auto channel = comm::make_host_channel(group);
    GradientBuckets buckets(state.parameters, 1, *channel);
    Wholeness wholeness(group);
    monitor::StepClock clock;
    TreeReduction reduction({buckets, statistics, group, micro_shards, wholeness, clock});
    break_off(reduction, network, group.rank() == world - 1);
    const data::Share own = data::plan_own_micro_shards(micro_shards, group.rank(), world);
    const std::uint64_t micro_steps = data::plan_micro_steps(micro_shards, world, 1);
    for (int step = 0; step < 2; ++step) {
      reduction.start_step();
      for (std::uint64_t m = 0; m < micro_steps; ++m) {
        if (m < own.count) buckets.passengers().add_(1);
        reduction.start_backward(m + 1 == micro_steps);
        if (m < own.count) network.forward(gradient_of(own.first + m)).backward();
        reduction.end_micro_step();
      }
      EXPECT_TRUE(reduction.wait(true));
    }
    EXPECT_EQ(buckets.passengers().item<float>(), static_cast<float>(micro_shards));
    found[static_cast<std::size_t>(group.rank())] = state.parameters.front().tensor.grad().clone();
  });
  return found;
}

TEST(TreeReduction, GivesTheBitsOfTheTreeOnEveryRankOfAnyWorld) {
  for (const std::uint64_t micro_shards : {1U, 5U, 8U, 11U}) {
    const torch::Tensor expected = expected_sum(micro_shards);
    for (int world = 1; world <= static_cast<int>(micro_shards); ++world) {
      for (const auto& found : reduce(micro_shards, world)) {
        EXPECT_TRUE(torch::equal(found, expected)) << micro_shards << " micro-shards on " << world << " ranks";
      }
    }
  }
}

TEST(TreeReduction, TheTestsValuesTellOneOrderFromAnother) {
  auto in_rank_order = gradient_of(0);
  for (std::uint64_t shard = 1; shard < 8; ++shard) in_rank_order = in_rank_order + gradient_of(shard);
  EXPECT_FALSE(torch::equal(in_rank_order, expected_sum(8)));
}

}  // namespace
}  // namespace hpctrain::train
