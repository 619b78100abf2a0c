// Which micro-steps are recorded and replayed, with a recorder that keeps the work and calls it: no GPU.
#include "train/micro_step_graphs.hpp"

#include <gtest/gtest.h>
#include <torch/nn.h>

#include <stdexcept>

#include "core/error.hpp"
#include "models/registry.hpp"
#include "tasks/classification.hpp"
#include "train/network_state.hpp"
#include "unit/tasks/support/packed_records.hpp"

namespace hpctrain::train {
namespace {

constexpr std::int64_t kSide = 8;

struct Calls {
  int rehearsals = 0, records = 0, replays = 0;
  friend bool operator==(const Calls&, const Calls&) = default;
};

class KeptWork final : public device::RecordedWork {
 public:
  KeptWork(std::function<void()> work, Calls& calls) : work_(std::move(work)), calls_(calls) {}
  void replay() override {
    ++calls_.replays;
    work_();
  }

 private:
  std::function<void()> work_;
  Calls& calls_;
};

class FakeRecorder final : public device::WorkRecorder {
 public:
  void rehearse(const std::function<void()>& work) override {
    ++calls.rehearsals;
    work();
  }
  std::unique_ptr<device::RecordedWork> record(const std::function<void()>& work) override {
    ++calls.records;
    if (refuses) throw std::runtime_error("operation not permitted when stream is capturing");
    return std::make_unique<KeptWork>(work, calls);
  }

  Calls calls;
  bool refuses = false;
};

data::DatasetIndex index_of_images() {
  test::PackedRecords records({0, 1, 2, 3});
  records.add_images(kSide, kSide, 1, std::vector<std::uint8_t>(4 * kSide * kSide));
  records.add_labels({0, 1, 2, 3}, 4, {"a", "b", "c", "d"});
  return records.index();
}

tasks::Batch batch_of(std::int64_t samples, int number) {
  tasks::Batch batch;
  batch.images = torch::arange(samples * kSide * kSide, torch::kFloat32).add(number).mul(0.3).sin();
  batch.images = batch.images.view({samples, 1, kSide, kSide});
  batch.targets = torch::arange(samples, torch::kInt64).add(number).remainder(4);
  return batch;
}

/// A network that learns from made batches, with graphs or without.
struct Bench {
  explicit Bench(bool has_graphs) {
    torch::manual_seed(1);
    network = models::make_network("small-convnet", {.channels = 1, .height = kSide, .width = kSide, .outputs = 4});
    state = network_state(*network);
    for (const auto& parameter : state.parameters) {
      parameter.tensor.mutable_grad() = torch::zeros_like(parameter.tensor);
    }
    update = std::make_unique<ParameterUpdate>(TrainSettings{}, OptimizerSettings{}, state.parameters);
    micro_step = std::make_unique<MicroStep>(
        MicroStep::Parts{task, *network, ForwardPass(Precision::fp32, ImageLayout::as_stored), clock, 1});
    if (!has_graphs) return;
    graphs = std::make_unique<MicroStepGraphs>(MicroStepGraphs::Parts{*micro_step, *update, *network, recorder});
  }

  /// True when the graphs took it.
  bool run(const tasks::Batch& batch, std::uint64_t samples = 8) {
    const MicroStepPlace place{step++, 0};
    auto loss = graphs ? graphs->run(batch, place, samples) : std::nullopt;
    const bool is_taken = loss.has_value();
    if (!is_taken) {
      loss = micro_step->loss_of(micro_step->run_forward(batch, place), batch) / static_cast<double>(samples);
      micro_step->run_backward(*loss);
    }
    losses.push_back(loss->detach().clone());
    return is_taken;
  }

  tasks::Classification task{index_of_images(), {}};
  monitor::StepClock clock;
  FakeRecorder recorder;
  std::shared_ptr<models::Network> network;
  checkpoint::TrainingState state;
  std::unique_ptr<ParameterUpdate> update;
  std::unique_ptr<MicroStep> micro_step;
  std::unique_ptr<MicroStepGraphs> graphs;
  std::uint64_t step = 0;
  std::vector<torch::Tensor> losses;
};

void expect_equal_bits(const Bench& found, const Bench& expected) {
  ASSERT_EQ(found.losses.size(), expected.losses.size());
  for (std::size_t i = 0; i < found.losses.size(); ++i) EXPECT_TRUE(torch::equal(found.losses[i], expected.losses[i]));
  for (std::size_t i = 0; i < found.state.parameters.size(); ++i) {
    EXPECT_TRUE(torch::equal(found.state.parameters[i].tensor.grad(), expected.state.parameters[i].tensor.grad()))
        << found.state.parameters[i].name;
  }
}

TEST(PlanGraphMove, RehearsesTwiceThenRecordsThenReplays) {
  EXPECT_EQ(plan_graph_move({}), GraphMove::rehearse);
  EXPECT_EQ(plan_graph_move({.rehearsals = 1}), GraphMove::rehearse);
  EXPECT_EQ(plan_graph_move({.rehearsals = 2}), GraphMove::record);
  EXPECT_EQ(plan_graph_move({.rehearsals = 2, .is_recorded = true}), GraphMove::replay);
}

TEST(PlanGraphMove, RunsPlainlyWhereRecordingFailedOrThereIsNoRoom) {
  EXPECT_EQ(plan_graph_move({.rehearsals = 2, .is_given_up = true}), GraphMove::run_plainly);
  EXPECT_EQ(plan_graph_move({.has_room = false}), GraphMove::run_plainly);
}

TEST(MicroStepGraphs, GiveTheLossesAndGradientsOfMicroStepsRunPlainly) {
  Bench plain(false), graphed(true);
  for (int number = 0; number < 6; ++number) {
    EXPECT_FALSE(plain.run(batch_of(4, number)));
    EXPECT_TRUE(graphed.run(batch_of(4, number)));
  }
  EXPECT_EQ(graphed.recorder.calls, (Calls{.rehearsals = 2, .records = 1, .replays = 4}));
  expect_equal_bits(graphed, plain);
  EXPECT_FALSE(torch::equal(plain.losses[4], plain.losses[5]));
}

TEST(MicroStepGraphs, TellShapesAndDivisorsApartAndRunAThirdPlainly) {
  Bench plain(false), graphed(true);
  for (int number = 0; number < 4; ++number) {
    for (Bench* bench : {&plain, &graphed}) {
      bench->run(batch_of(4, number));
      bench->run(batch_of(3, number), 7);
    }
  }
  EXPECT_EQ(graphed.recorder.calls, (Calls{.rehearsals = 4, .records = 2, .replays = 4}));
  EXPECT_FALSE(graphed.run(batch_of(4, 9), 7));
  plain.run(batch_of(4, 9), 7);
  expect_equal_bits(graphed, plain);
}

TEST(MicroStepGraphs, BeginAnewWhenOtherParametersLearn) {
  Bench graphed(true);
  for (int number = 0; number < 3; ++number) graphed.run(batch_of(4, number));
  graphed.state.parameters.front().tensor.set_requires_grad(false);
  graphed.run(batch_of(4, 3));
  EXPECT_EQ(graphed.recorder.calls, (Calls{.rehearsals = 3, .records = 1, .replays = 1}));
}

TEST(MicroStepGraphs, GiveUpForGoodWhenRecordingFails) {
  Bench plain(false), graphed(true);
  graphed.recorder.refuses = true;
  for (int number = 0; number < 5; ++number) {
    plain.run(batch_of(4, number));
    EXPECT_EQ(graphed.run(batch_of(4, number)), number < 2);
  }
  EXPECT_EQ(graphed.recorder.calls, (Calls{.rehearsals = 2, .records = 1}));
  expect_equal_bits(graphed, plain);
}

TEST(MicroStepGraphs, RehearseAgainWhatTheyWereToldToForget) {
  Bench graphed(true);
  for (int number = 0; number < 4; ++number) graphed.run(batch_of(4, number));
  graphed.graphs->forget();
  graphed.run(batch_of(4, 4));
  EXPECT_EQ(graphed.recorder.calls, (Calls{.rehearsals = 3, .records = 1, .replays = 2}));
}

TEST(MakeRecorder, RefusesOnTheCpuWhatIsInsistedOn) {
  EXPECT_EQ(make_work_recorder(GraphWish::off, torch::kCPU), nullptr);
  EXPECT_EQ(make_work_recorder(GraphWish::automatic, torch::kCPU), nullptr);
  try {
    make_work_recorder(GraphWish::on, torch::kCPU);
    FAIL() << "a CUDA graph on a CPU was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    EXPECT_NE(std::string(error.what()).find("train.cuda-graph"), std::string::npos);
  }
}

}  // namespace
}  // namespace hpctrain::train
