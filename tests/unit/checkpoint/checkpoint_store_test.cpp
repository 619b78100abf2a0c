// The store as a run uses it: restoring, fences, retention, several ranks.
#include <algorithm>
#include <array>
#include <limits>
#include <mutex>

#include "support/sample_run.hpp"

namespace hpctrain::checkpoint {
namespace {

using testing::ElementsAre;

std::vector<std::uint64_t> steps_on_disk(FileSystem& files) {
  std::vector<std::uint64_t> steps;
  for (const std::string& name : files.list_folder(checkpoints_folder(kRun))) {
    if (const auto step = find_step(name)) steps.push_back(*step);
  }
  return steps;
}

TEST(CheckpointStore, FindsNothingInANewRun) {
  SimulatedFileSystem disk = make_disk();
  EXPECT_EQ(restored_step(disk), std::nullopt);
}

TEST(CheckpointStore, CreatesARunFolderThatIsMissing) {
  SimulatedFileSystem disk;
  Start(disk).save(1);
  SimulatedFileSystem revived = disk.after_power_loss();
  EXPECT_EQ(restored_step(revived), 1U);
}

TEST(CheckpointStore, RestoresIntoTheTensorsItIsGiven) {
  SimulatedFileSystem disk = make_disk();
  Start start(disk);
  start.save(5);
  TrainingState state = make_state(0);
  const void* place = state.parameters[0].tensor.data_ptr();
  const at::Tensor alias = state.parameters[0].tensor;
  EXPECT_EQ(start.store().restore_newest(state)->folder, step_folder(5));
  EXPECT_EQ(state.parameters[0].tensor.data_ptr(), place);
  EXPECT_TRUE(torch::equal(alias, make_state(5).parameters[0].tensor));
  EXPECT_TRUE(alias.requires_grad());
  EXPECT_EQ(state_digest(state), state_digest(make_state(5)));
}

TEST(CheckpointStore, RestoresIntoAnyMemoryLayout) {
  SimulatedFileSystem disk = make_disk();
  Start start(disk);
  start.save(5);
  TrainingState state = make_state(0);
  state.optimizer[0].tensor = torch::zeros({3, 2}).t();
  start.store().restore_newest(state);
  expect_state_of_step(state, 5);
}

TEST(CheckpointStore, SavesAStateWithoutOptimizerAndBuffers) {
  SimulatedFileSystem disk = make_disk();
  Start start(disk);
  TrainingState state{{{"w", torch::ones({2})}}, {}, {}};
  start.store().save(state, make_record(1));
  state.parameters[0].tensor.zero_();
  start.store().restore_newest(state);
  EXPECT_TRUE(torch::equal(state.parameters[0].tensor, torch::ones({2})));
}

TEST(CheckpointStore, KeepsTheNewestAndTheBest) {
  SimulatedFileSystem disk = make_disk();
  Start start(disk, 2);
  const std::array<std::optional<double>, 5> metrics = {0.5, 0.9, std::nullopt, 0.7, 0.8};
  for (std::uint64_t step = 1; step <= metrics.size(); ++step) {
    CheckpointRecord record = make_record(step);
    record.metric = metrics[step - 1];
    start.store().save(make_state(step), record);
  }
  EXPECT_THAT(steps_on_disk(disk), ElementsAre(2, 4, 5));
  EXPECT_EQ(find_best_checkpoint(disk, kRun), step_folder(2));
  EXPECT_EQ(restored_step(disk), 5U);
}

TEST(CheckpointStore, EmptiesAnOldCheckpointOnlyOnceItsNewNameIsDurable) {
  SimulatedFileSystem disk = make_disk();
  Start start(disk, 1);
  start.save(1);
  start.save(2);
  const auto log = disk.operation_log();
  const auto renamed = std::find_if(log.begin(), log.end(), [](const std::string& operation) {
    return operation.starts_with("rename") && operation.find(".tmp-remove-step-0000000001") != std::string::npos;
  });
  ASSERT_GE(log.end() - renamed, 3);
  EXPECT_EQ(*(renamed + 1), "sync folder /runs/a/ckpt");
  EXPECT_EQ(*(renamed + 2), "remove /runs/a/ckpt/.tmp-remove-step-0000000001");
}

TEST(CheckpointStore, LeavesASoundCheckpointOfTheStepAsItIs) {
  SimulatedFileSystem disk = make_disk();
  Start start(disk);
  start.save(3);
  const std::string manifest = disk.read_file(step_folder(3) / kManifestFile);
  EXPECT_EQ(start.save(3), step_folder(3));
  EXPECT_EQ(disk.read_file(step_folder(3) / kManifestFile), manifest);
}

TEST(CheckpointStore, AddsTheMetricOfALateEvaluation) {
  SimulatedFileSystem disk = make_disk();
  Start start(disk);
  start.save(3);
  CheckpointRecord record = make_record(3);
  record.metric = 0.75;
  start.store().save(make_state(3), record);
  EXPECT_EQ(list_checkpoints(disk, kRun).front().manifest->metric, 0.75);
  SimulatedFileSystem revived = disk.after_power_loss();
  EXPECT_EQ(restored_step(revived), 3U);
}

TEST(CheckpointStore, MarksParametersThatAreNotFinite) {
  SimulatedFileSystem disk = make_disk();
  Start start(disk);
  start.save(1);
  TrainingState state = make_state(2);
  state.parameters[1].tensor[0] = std::numeric_limits<float>::quiet_NaN();
  start.store().save(state, make_record(2));
  const auto found = list_checkpoints(disk, kRun);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_FALSE(found[0].manifest->is_finite);
  EXPECT_TRUE(found[1].manifest->is_finite);
  EXPECT_EQ(find_best_checkpoint(disk, kRun), step_folder(1));
}

TEST(CheckpointStore, RemovesTheTemporariesOfADeadStart) {
  SimulatedFileSystem disk = make_disk();
  Start(disk).save(1);
  disk.create_folders(checkpoints_folder(kRun) / ".tmp-step-0000000002-1");
  overwrite(disk, checkpoints_folder(kRun) / ".tmp-step-0000000002-1" / kModelFile, "half");
  overwrite(disk, temporary_beside(kRun / "LATEST"), "half");
  overwrite(disk, temporary_beside(step_folder(1) / kManifestFile), "half");
  ASSERT_EQ(temporaries(disk).size(), 3U);
  Start start(disk);
  EXPECT_TRUE(temporaries(disk).empty());
  EXPECT_EQ(restored_step(disk), 1U);
}

class RankedStore : public testing::TestWithParam<int> {};

TEST_P(RankedStore, RestoresTheSameStepOnEveryRank) {
  SimulatedFileSystem disk = make_disk();
  std::mutex mutex;
  std::vector<std::string> digests;
  comm::run_ranks(GetParam(), [&](comm::Communicator& group) {
    CheckpointStore store(kRun, group, disk, {});
    for (const std::uint64_t step : {4U, 8U})
      EXPECT_EQ(store.save(make_state(step), make_record(step)), step_folder(step));
    group.barrier();
    if (group.is_leader()) overwrite(disk, step_folder(8) / kOptimizerFile, "damaged");
    TrainingState state = make_state(100 + static_cast<std::uint64_t>(group.rank()));
    const auto restored = store.restore_newest(state);
    const std::lock_guard lock(mutex);
    EXPECT_EQ(restored->step, 4U);
    EXPECT_EQ(restored->steering, make_record(4).steering);
    EXPECT_EQ(restored->warnings.size(), 1U);
    digests.push_back(state_digest(state));
  });
  EXPECT_EQ(digests, std::vector<std::string>(static_cast<std::size_t>(GetParam()), state_digest(make_state(4))));
}

TEST_P(RankedStore, ThrowsRankZerosErrorOnEveryRank) {
  SimulatedFileSystem disk = make_disk();
  std::mutex mutex;
  std::vector<Fault> faults;
  comm::run_ranks(GetParam(), [&](comm::Communicator& group) {
    CheckpointStore store(kRun, group, disk, {});
    group.barrier();
    if (group.is_leader()) disk.fail_at(disk.operations() + 4, ENOSPC);
    try {
      store.save(make_state(1), make_record(1));
    } catch (const Error& error) {
      const std::lock_guard lock(mutex);
      EXPECT_TRUE(error.is_agreed());
      faults.push_back(error.fault());
    }
    store.save(make_state(2), make_record(2));  // every rank is still in step
  });
  EXPECT_TRUE(disk.has_injected());
  EXPECT_EQ(faults, std::vector<Fault>(static_cast<std::size_t>(GetParam()), Fault::storage));
  EXPECT_EQ(restored_step(disk), 2U);
}

TEST_P(RankedStore, NoticesARankWithAnotherNetwork) {
  SimulatedFileSystem disk = make_disk();
  std::mutex mutex;
  std::vector<Fault> faults;
  comm::run_ranks(GetParam(), [&](comm::Communicator& group) {
    CheckpointStore store(kRun, group, disk, {});
    store.save(make_state(1), make_record(1));
    TrainingState state = make_state(0);
    if (group.rank() == 1) state.parameters[0].tensor = torch::zeros({9, 9});
    const auto fault = fault_of([&] { store.restore_newest(state); });
    const std::lock_guard lock(mutex);
    faults.push_back(fault.value());
  });
  EXPECT_EQ(faults, std::vector<Fault>(static_cast<std::size_t>(GetParam()), Fault::bug));
}

INSTANTIATE_TEST_SUITE_P(Ranks, RankedStore, testing::Values(2, 3));

}  // namespace
}  // namespace hpctrain::checkpoint
