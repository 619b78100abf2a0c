// A loss over all samples at once, carried out by any number of ranks and micro-steps, is that of one big batch.
#include "train/spanning_losses.hpp"

#include <gtest/gtest.h>
#include <torch/nn.h>

#include <cmath>
#include <mutex>
#include <new>

#include "comm/thread_communicator.hpp"
#include "data/micro_batch_planner.hpp"
#include "tasks/contrastive.hpp"
#include "train/gradient_sync.hpp"
#include "train/network_state.hpp"
#include "train/tree_reduction.hpp"
#include "unit/tasks/support/packed_records.hpp"

namespace hpctrain::train {
namespace {

constexpr std::int64_t kBatch = 11;  // divides by nothing
constexpr std::int64_t kPixels = 6;
constexpr double kTemperature = 0.3;

class Perceptron : public models::Network {
 public:
  explicit Perceptron(double dropout) : dropout_(dropout) {
    torch::manual_seed(5);
    first_ = register_module("first", torch::nn::Linear(kPixels, 16));
    second_ = register_module("second", torch::nn::Linear(16, 128));
    to(torch::kFloat64);
  }
  torch::Tensor forward(const torch::Tensor& images) override {
    return second_(torch::dropout(torch::tanh(first_(images)), dropout_, is_training()));
  }
  std::string_view head_name() const override { return "second"; }

 private:
  double dropout_;
  torch::nn::Linear first_{nullptr}, second_{nullptr};
};

/// [2, kBatch, kPixels] float64: both views of every sample.
torch::Tensor views_of_all() {
  return torch::arange(2 * kBatch * kPixels, torch::kFloat64).mul(0.37).sin().view({2, kBatch, kPixels});
}

data::DatasetIndex index_of_samples() {
  test::PackedRecords records({0});
  records.add_images(2, 3, 1, std::vector<std::uint8_t>(6));
  return records.index();
}

/// The task itself, on images that are given in float64.
class GivenViews : public tasks::Contrastive {
 public:
  GivenViews() : Contrastive(index_of_samples(), {.contrastive = {.temperature = kTemperature, .probe_samples = 0}}) {}

  tasks::Batch make_batch(const tasks::DeviceRecords& records, tasks::Mode) const override {
    if (lacks_memory && records.host.is_last_of_step()) throw std::bad_alloc();
    tasks::Batch batch;
    std::vector<std::int64_t> samples(records.host.sample_ids.begin(), records.host.sample_ids.end());
    batch.images = views_of_all().index_select(1, torch::tensor(samples, torch::kInt64)).view({-1, kPixels});
    batch.views = 2;
    return batch;
  }

  bool lacks_memory = false;
};

/// Hands out plans of micro-batches; sample i is the i-th of the global batch.
class PlannedFeed : public BatchFeed {
 public:
  explicit PlannedFeed(const data::PlannerSettings& settings) : planner_(settings) {}

  void seek(data::Cursor cursor) override { planner_.seek(cursor); }
  std::optional<tasks::DeviceRecords> next() override {
    const auto plan = planner_.next().value();
    ids_.clear();
    for (std::uint64_t i = 0; i < plan.share.count; ++i) ids_.push_back(plan.share.first + i);
    present_ = {.batch = plan.batch,
                .micro_step = plan.micro_step,
                .micro_steps = plan.micro_steps,
                .first_in_batch = plan.share.first,
                .count = plan.share.count,
                .sample_ids = ids_,
                .rows = {}};
    return tasks::DeviceRecords{.host = present_, .fields = {}};
  }
  void look_ahead() override {}
  void require_unchanged_shards() override {}
  data::LoaderCounters counters() const override { return {}; }

 private:
  data::MicroBatchPlanner planner_;
  std::vector<std::uint64_t> ids_;
  data::MicroBatch present_;
};

struct Outcome {
  double loss = 0;
  torch::Tensor gradients;  // [all parameters]
};

torch::Tensor flat_gradients(const checkpoint::TrainingState& state) {
  std::vector<torch::Tensor> flat;
  for (const auto& parameter : state.parameters) flat.push_back(parameter.tensor.grad().flatten());
  return torch::cat(flat).clone();
}

/// Equation 1 of the paper, pair by pair.
torch::Tensor loss_by_pairs(const torch::Tensor& embeddings) {
  const std::int64_t views = embeddings.size(0);
  const auto similarity = [&](std::int64_t i, std::int64_t k) {
    const auto a = embeddings[i], b = embeddings[k];
    return (a * b).sum() / (a.square().sum().sqrt() * b.square().sum().sqrt()) / kTemperature;
  };
  auto loss = torch::zeros({}, torch::kFloat64);
  for (std::int64_t i = 0; i < views; ++i) {
    auto others = torch::zeros({}, torch::kFloat64);
    for (std::int64_t k = 0; k < views; ++k) {
      if (k != i) others = others + similarity(i, k).exp();
    }
    loss = loss + others.log() - similarity(i, (i + kBatch) % views);
  }
  return loss / static_cast<double>(views);
}

Outcome big_batch() {
  Perceptron network(0);
  const auto state = network_state(network);
  const auto loss = loss_by_pairs(network.forward(views_of_all().view({-1, kPixels})));
  loss.backward();
  return {loss.item<double>(), flat_gradients(state)};
}

/// How one batch is carried out.
struct Case {
  std::uint64_t micro_batch = kBatch;
  std::uint64_t micro_shards = 0;
  double dropout = 0;
  int breaks_off = -1;  ///< rank that runs out of memory first, modulo their number; -1: none
};

std::mutex one_at_a_time;  // the seed is the process's

/// One rank's part; all ranks come to the same.
Outcome carry_out(comm::Communicator& group, const Case& how) {
  std::unique_lock lock(one_at_a_time);
  Perceptron network(how.dropout);
  lock.unlock();
  GivenViews task;
  const auto state = network_state(network);
  StepStatistics statistics(network);
  const auto channel = comm::make_host_channel(group);
  GradientBuckets buckets(state.parameters, kStepPassengers, *channel);
  monitor::StepClock clock;
  Wholeness wholeness(group);
  std::unique_ptr<GradientReduction> reduction;
  if (how.micro_shards > 0) {
    reduction = std::make_unique<TreeReduction>(
        TreeReduction::Parts{buckets, statistics, group, how.micro_shards, wholeness, clock});
  } else {
    reduction = std::make_unique<GradientSync>(
        GradientSync::Parts{buckets, statistics, *channel, torch::kCPU, clock, wholeness}, state.parameters);
  }
  const ParameterUpdate update({}, {}, state.parameters);
  MicroStep micro_step({task, network, ForwardPass(Precision::fp32, ImageLayout::as_stored), clock});
  PlannedFeed feed({.num_samples = kBatch,
                    .batch = kBatch,
                    .micro_batch = how.micro_batch,
                    .epochs = {},
                    .rank = group.rank(),
                    .world = group.size(),
                    .micro_shards = how.micro_shards});
  SpanningLosses losses({feed, micro_step, buckets, statistics, *reduction, update, clock}, *channel, torch::kCPU,
                        kBatch + 2);
  if (how.breaks_off >= 0) {
    // Its rows are missing to the others, but not the message.
    task.lacks_memory = group.rank() == how.breaks_off % group.size();
    const bool is_lacking = task.lacks_memory;
    if (is_lacking) {
      EXPECT_THROW(losses.run(0), std::bad_alloc);
    } else {
      losses.run(0);
    }
    EXPECT_FALSE(reduction->wait(!is_lacking));
    task.lacks_memory = false;
    feed.seek({});
  }
  EXPECT_EQ(losses.run(0).count, kBatch);
  EXPECT_TRUE(reduction->wait(true));
  return {buckets.passengers()[0].item<double>(), flat_gradients(state)};
}

/// Largest difference from `expected` over all ranks.
double difference_of(int ranks, const Case& how, const Outcome& expected) {
  double largest = 0;
  comm::run_ranks(ranks, [&](comm::Communicator& group) {
    const Outcome outcome = carry_out(group, how);
    const double difference = std::max((outcome.gradients - expected.gradients).abs().max().item<double>(),
                                       std::abs(outcome.loss - expected.loss));
    const std::lock_guard guard(one_at_a_time);
    largest = std::max(largest, difference);
  });
  return largest;
}

TEST(SpanningLosses, EqualTheBigBatchForAnyRanksAndAccumulation) {
  const Outcome expected = big_batch();
  ASSERT_GT(expected.gradients.abs().max().item<double>(), 1e-3);
  for (const int ranks : {1, 2, 3, 4}) {
    for (const std::uint64_t accumulation : {1U, 2U, 4U}) {
      const std::uint64_t share = (kBatch + static_cast<std::uint64_t>(ranks) - 1) / static_cast<std::uint64_t>(ranks);
      const Case how{.micro_batch = (share + accumulation - 1) / accumulation};
      EXPECT_LT(difference_of(ranks, how, expected), 1e-10) << ranks << " ranks, accumulation " << accumulation;
    }
  }
}

TEST(SpanningLosses, HaveTheSameBitsOnAnyNumberOfRanksWithMicroShards) {
  Outcome alone;
  comm::run_ranks(1, [&](comm::Communicator& group) { alone = carry_out(group, {.micro_shards = 4}); });
  EXPECT_LT((alone.gradients - big_batch().gradients).abs().max().item<double>(), 1e-10);
  for (const int ranks : {2, 3, 4}) EXPECT_EQ(difference_of(ranks, {.micro_shards = 4}, alone), 0) << ranks;
}

/// What the first pass left out, the second must leave out too: else the gradient is of another function.
TEST(SpanningLosses, LeaveTheSameFeaturesOutInBothPasses) {
  const Case how{.micro_batch = 4, .dropout = 0.5};
  Perceptron network(how.dropout);
  const auto state = network_state(network);
  const GivenViews task;
  monitor::StepClock clock;
  MicroStep micro_step({task, network, ForwardPass(Precision::fp32, ImageLayout::as_stored), clock});
  PlannedFeed feed({.num_samples = kBatch, .batch = kBatch, .micro_batch = how.micro_batch, .epochs = {}});
  std::vector<torch::Tensor> outputs;
  for (bool is_last = false; !is_last;) {
    const auto records = feed.next();
    is_last = records->host.is_last_of_step();
    outputs.push_back(micro_step.run_forward(micro_step.make_batch(*records), {0, records->host.first_in_batch}));
  }
  const auto loss = loss_by_pairs(torch::cat(outputs).transpose(0, 1).reshape({2 * kBatch, -1}));
  loss.backward();
  EXPECT_LT(difference_of(1, how, {loss.item<double>(), flat_gradients(state)}), 1e-10);
}

TEST(SpanningLosses, AreMadeAgainWhereARankRanOutOfMemoryInTheFirstPass) {
  const Outcome expected = big_batch();
  for (const int ranks : {1, 3}) {
    for (const std::uint64_t micro_shards : {0U, 4U}) {
      const Case how{.micro_batch = 2, .micro_shards = micro_shards, .breaks_off = 0};
      EXPECT_LT(difference_of(ranks, how, expected), 1e-10) << ranks << " ranks, " << micro_shards;
    }
  }
}

TEST(SpanningLosses, SayHowTheyAreTaken) {
  TrainSettings settings;
  settings.batch = 512;
  EXPECT_NE(describe_spanning_loss(settings, 2).find("in one pass"), std::string::npos);
  settings.micro_batch = 64;
  EXPECT_NE(describe_spanning_loss(settings, 2).find("outputs of 4 micro-steps"), std::string::npos);
}

}  // namespace
}  // namespace hpctrain::train
