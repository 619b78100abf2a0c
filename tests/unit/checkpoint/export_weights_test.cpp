// Weights that leave a run.
#include "checkpoint/export_weights.hpp"

#include <cerrno>

#include "checkpoint/safetensors.hpp"
#include "support/sample_run.hpp"

namespace hpctrain::checkpoint {
namespace {

TEST(ExportWeights, HoldsParametersAndBuffersOnly) {
  SimulatedFileSystem disk = make_disk();
  Start(disk).save(6);
  export_weights(disk, step_folder(6), "/runs/out.safetensors");
  SimulatedFileSystem revived = disk.after_power_loss();
  const SafetensorsContent content = load_safetensors(revived, "/runs/out.safetensors");
  const TrainingState expected = make_state(6);
  expect_equal(content.tensors, {expected.buffers[0], expected.parameters[0], expected.parameters[1]});
  EXPECT_EQ(content.metadata.at("format"), "pt");
}

TEST(ExportWeights, LeavesAProjectorBehind) {
  SimulatedFileSystem disk = make_disk();
  Start start(disk);
  TrainingState state = make_state(6);
  state.parameters.push_back({"projector.0.weight", torch::ones({2, 2})});
  start.store().save(state, make_record(6));
  EXPECT_EQ(export_weights(disk, step_folder(6), "/runs/out.safetensors"), 1U);
  const TrainingState expected = make_state(6);
  expect_equal(load_safetensors(disk, "/runs/out.safetensors").tensors,
               {expected.buffers[0], expected.parameters[0], expected.parameters[1]});
}

TEST(ExportWeights, ReplacesAnOlderExport) {
  SimulatedFileSystem disk = make_disk();
  Start start(disk);
  for (const std::uint64_t step : {6U, 7U}) {
    start.save(step);
    export_weights(disk, step_folder(step), "/runs/out.safetensors");
  }
  EXPECT_EQ(load_safetensors(disk, "/runs/out.safetensors").metadata.at("hpctrain_step"), "7");
}

TEST(ExportWeights, LeavesNothingBehindWhenAnOperationFails) {
  for (std::uint64_t k = 0;; ++k) {
    SimulatedFileSystem disk = make_disk();
    Start(disk).save(6);
    const auto before = disk.list_folder("/runs");
    const std::uint64_t operation = disk.operations() + k;
    disk.fail_at(operation, ENOSPC);
    const auto fault = fault_of([&] { export_weights(disk, step_folder(6), "/runs/out.safetensors"); });
    if (!disk.has_injected()) break;
    SCOPED_TRACE(disk.operation_log().at(operation));
    EXPECT_EQ(fault, Fault::storage);
    if (disk.exists("/runs/out.safetensors")) {
      EXPECT_EQ(load_safetensors(disk, "/runs/out.safetensors").tensors.size(), 3U);
    } else {
      EXPECT_EQ(disk.list_folder("/runs"), before);
    }
  }
}

TEST(ExportWeights, RefusesADamagedCheckpoint) {
  SimulatedFileSystem disk = make_disk();
  Start(disk).save(6);
  overwrite(disk, step_folder(6) / kModelFile, "damaged");
  EXPECT_EQ(fault_of([&] { export_weights(disk, step_folder(6), "/runs/out.safetensors"); }), Fault::no_checkpoint);
  EXPECT_FALSE(disk.exists("/runs/out.safetensors"));
}

TEST(LoadWeights, DoesNotNeedTheOptimizer) {
  SimulatedFileSystem disk = make_disk();
  Start(disk).save(6);
  disk.remove_all(step_folder(6) / kOptimizerFile);
  const LoadedCheckpoint loaded = load_weights(disk, step_folder(6));
  expect_equal(loaded.state.parameters, make_state(6).parameters);
  expect_equal(loaded.state.buffers, make_state(6).buffers);
  EXPECT_TRUE(loaded.state.optimizer.empty());
}

TEST(FindBestCheckpoint, SaysThatThereIsNone) {
  SimulatedFileSystem disk = make_disk();
  EXPECT_EQ(fault_of([&] { find_best_checkpoint(disk, kRun); }), Fault::no_checkpoint);
}

}  // namespace
}  // namespace hpctrain::checkpoint
