// Updates that are cut among ranks beside the update that one rank makes of everything: the same bits.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "comm/thread_communicator.hpp"
#include "train/parameter_update.hpp"
#include "train/state_shards.hpp"

namespace hpctrain::train {
namespace {

using checkpoint::NamedTensor;

torch::Tensor wave(const torch::Tensor& like, double pitch) {
  return torch::arange(like.numel(), torch::kFloat64).add(1).mul(pitch).sin().to(like.scalar_type()).view(like.sizes());
}

/// Small and odd sizes, a layer that holds most weights, channels last, a single number.
std::vector<NamedTensor> make_parameters() {
  const auto channels_last = [](at::IntArrayRef sizes) {
    return torch::empty(sizes).contiguous(torch::MemoryFormat::ChannelsLast);
  };
  std::vector<NamedTensor> parameters = {
      {"conv.weight", channels_last({16, 3, 3, 3})},  {"conv.bias", torch::empty({16})},
      {"deep.weight", channels_last({24, 16, 5, 5})}, {"scale", torch::empty({})},
      {"fc.weight", torch::empty({97, 411})},         {"fc.bias", torch::empty({97})},
  };
  double pitch = 0.1;
  for (auto& [name, tensor] : parameters) {
    tensor.copy_(wave(tensor, pitch += 0.07));
    tensor.requires_grad_();
    tensor.mutable_grad() = torch::zeros_like(tensor.detach());
  }
  return parameters;
}

/// Another direction for every parameter, another size and sign for every step.
void set_gradients(const std::vector<NamedTensor>& parameters, const std::vector<torch::Tensor>& directions,
                   std::uint64_t step) {
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    parameters[p].tensor.mutable_grad().copy_(directions[p]).mul_(std::sin(0.7 * static_cast<double>(step + 1)));
  }
}

std::vector<torch::Tensor> make_directions(const std::vector<NamedTensor>& parameters) {
  std::vector<torch::Tensor> directions;
  for (const auto& [name, tensor] : parameters) {
    directions.push_back(wave(tensor.detach(), 0.013 * static_cast<double>(directions.size() + 3)));
  }
  return directions;
}

using Bits = std::map<std::string, torch::Tensor>;

Bits bits_of(const std::vector<NamedTensor>& tensors) {
  Bits bits;
  for (const auto& [name, tensor] : tensors) bits.emplace(name, tensor.detach().clone());
  return bits;
}

void expect_equal(const Bits& one, const Bits& other) {
  ASSERT_EQ(one.size(), other.size());
  for (const auto& [name, tensor] : one) {
    ASSERT_TRUE(other.contains(name)) << name;
    EXPECT_TRUE(torch::equal(tensor, other.at(name))) << name;
  }
}

struct Case {
  const char* name;
  TrainSettings train{};
  OptimizerSettings optimizer{};
  std::uint64_t head_steps = 0;  ///< in which the head learns alone
  std::uint64_t overflow = ~0U;  ///< step whose gradients are no numbers
};

/// One rank of a run over a group, with or without shards.
class Rank {
 public:
  Rank(const Case& what, comm::Communicator& group, bool is_sharded) : what_(what), group_(group) {
    if (is_sharded) {
      channel_ = comm::make_host_channel(group);
      shards_ = std::make_unique<ParameterShards>(
          parameters_, ParameterShards::Parts{*channel_, group.rank(), group.size(), torch::kCPU, clock_});
    }
    update_ = std::make_unique<ParameterUpdate>(what.train, what.optimizer, parameters_, "fc", shards_.get());
    if (!is_sharded) return;
    state_ = std::make_unique<StateShards>(*shards_, update_->state(),
                                           describe_update_state(what.train, what.optimizer, parameters_, "fc"), group);
  }

  void train(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t step = from; step < to; ++step) {
      set_gradients(parameters_, directions_, step);
      const auto learning = step < what_.head_steps ? Learning::head : Learning::everything;
      if (learning == Learning::head) {
        for (const auto& [name, tensor] : parameters_) {
          if (!name.starts_with("fc")) tensor.grad().zero_();
        }
      }
      if (step == what_.overflow) parameters_.front().tensor.mutable_grad().fill_(NAN);
      update_->run(step, 0.01 + 0.001 * static_cast<double>(step % 7), learning);
    }
  }

  Bits parameters() const { return bits_of(parameters_); }
  Bits averages() {
    const WeightAverage::Scope averaged(update_->average());
    return parameters();
  }
  /// Of the whole state; on rank zero.
  Bits state() const { return bits_of(state_ ? state_->gather() : update_->state()); }
  void restore(const Bits& parameters, const Bits& state) {
    const torch::NoGradGuard no_grad;
    for (auto& [name, tensor] : parameters_) tensor.copy_(parameters.at(name));
    for (const auto& [name, tensor] : state) state_->take(name, tensor.contiguous());
  }
  const StateShards& shards() const { return *state_; }
  std::int64_t own_bytes() const { return static_cast<std::int64_t>(total_bytes(update_->state())); }
  nlohmann::json steering() const { return update_->steering(); }

 private:
  const Case& what_;
  comm::Communicator& group_;
  monitor::StepClock clock_;
  std::vector<NamedTensor> parameters_ = make_parameters();
  std::vector<torch::Tensor> directions_ = make_directions(parameters_);
  std::unique_ptr<comm::GradientChannel> channel_;
  std::unique_ptr<ParameterShards> shards_;
  std::unique_ptr<ParameterUpdate> update_;
  std::unique_ptr<StateShards> state_;
};

std::vector<Case> all_cases() {
  constexpr auto sgd = OptimizerKind::sgd, adam = OptimizerKind::adam, adamw = OptimizerKind::adamw,
                 lars = OptimizerKind::lars;
  return {
      {"Sgd", {}, {.kind = sgd}},
      {"SgdWithoutMomentum", {}, {.kind = sgd, .momentum = 0}},
      {"Adam", {}, {.kind = adam, .clip_norm = 0.5}},
      {"AdamWithAverage", {.ema_decay = 0.9}, {.kind = adam}},
      {"AdamW", {.nan_skips = 2}, {.kind = adamw}, 0, 41},
      {"Lars", {.ema_decay = 0.5, .nan_skips = 2}, {.kind = lars, .trust = 0.02}, 0, 17},
      {"LarsOfEverything", {}, {.kind = lars, .lars_exempt_vectors = false}},
      {"HeadFirst", {.head_only_epochs = 1}, {.kind = adamw}, 30},
  };
}

class ShardedUpdate : public testing::TestWithParam<Case> {};

TEST_P(ShardedUpdate, HasTheBitsOfTheWholeOneOnAnyNumberOfRanks) {
  const Case& what = GetParam();
  Bits parameters, state, averages;
  nlohmann::json steering;
  comm::run_ranks(1, [&](comm::Communicator& group) {
    Rank whole(what, group, false);
    whole.train(0, 100);
    parameters = whole.parameters();
    state = whole.state();
    averages = whole.averages();
    steering = whole.steering();
  });
  for (int world = 1; world <= 4; ++world) {
    comm::run_ranks(world, [&](comm::Communicator& group) {
      Rank rank(what, group, true);
      rank.train(0, 100);
      expect_equal(rank.parameters(), parameters);
      const Bits gathered = rank.state();
      if (group.is_leader()) expect_equal(gathered, state);
      expect_equal(rank.averages(), averages);
      expect_equal(rank.parameters(), parameters);
      EXPECT_EQ(rank.steering(), steering);
    });
  }
}

TEST_P(ShardedUpdate, GoesOnOnAnotherNumberOfRanks) {
  const Case& what = GetParam();
  Bits parameters, state;
  comm::run_ranks(1, [&](comm::Communicator& group) {
    Rank whole(what, group, false);
    whole.train(0, 60);
    parameters = whole.parameters();
    state = whole.state();
  });
  Bits at_twenty, state_at_twenty;
  comm::run_ranks(2, [&](comm::Communicator& group) {
    Rank rank(what, group, true);
    rank.train(0, 20);
    const Bits gathered = rank.state();
    if (!group.is_leader()) return;
    at_twenty = rank.parameters();
    state_at_twenty = gathered;
  });
  comm::run_ranks(3, [&](comm::Communicator& group) {
    Rank rank(what, group, true);
    rank.restore(at_twenty, state_at_twenty);
    rank.train(20, 60);
    expect_equal(rank.parameters(), parameters);
    const Bits gathered = rank.state();
    if (group.is_leader()) expect_equal(gathered, state);
  });
}

TEST_P(ShardedUpdate, KeepsItsPartOfTheStateAndNoMore) {
  const Case& what = GetParam();
  for (int world = 1; world <= 4; ++world) {
    comm::run_ranks(world, [&](comm::Communicator& group) {
      const Rank rank(what, group, true);
      const auto whole_bytes = static_cast<std::int64_t>(total_bytes(rank.shards().whole()));
      // Alignment takes at most 64 elements for each parameter of each kind of state, four bytes each.
      const auto aligning = static_cast<std::int64_t>(rank.shards().whole().size()) * 64 * 4;
      EXPECT_LE(rank.own_bytes(), (whole_bytes + aligning) / world + aligning / 4);
      std::int64_t all = rank.own_bytes();
      group.all_reduce({&all, 1, comm::ElementType::i64}, comm::ReduceOp::sum);
      EXPECT_GE(all, whole_bytes);
      EXPECT_LE(all, whole_bytes + 4 * world);  // a counter of steps for each piece
    });
  }
}

TEST_P(ShardedUpdate, TakesTheBytesThatAreForecast) {
  const Case& what = GetParam();
  comm::run_ranks(3, [&](comm::Communicator& group) {
    const Rank rank(what, group, true);
    std::vector<std::int64_t> sizes;
    for (const auto& [name, tensor] : make_parameters()) sizes.push_back(tensor.numel());
    const auto size = shard_size(plan_shards(sizes, 3), group.rank());
    EXPECT_EQ(rank.own_bytes(), plan_optimizer_bytes(what.optimizer, what.train.ema_decay.has_value(), size, 4));
  });
}

INSTANTIATE_TEST_SUITE_P(Optimizers, ShardedUpdate, testing::ValuesIn(all_cases()),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace hpctrain::train
