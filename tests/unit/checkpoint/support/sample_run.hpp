// A small training state whose every element follows from the step, and a simulated disk with an empty run folder.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <memory>
#include <string>
#include <utility>

#include "checkpoint/catalogue.hpp"
#include "checkpoint/checkpoint.hpp"
#include "comm/thread_communicator.hpp"
#include "core/durable_write.hpp"
#include "core/error.hpp"
#include "core/simulated_file_system.hpp"

namespace hpctrain::checkpoint {

inline const std::filesystem::path kRun = "/runs/a";

inline TrainingState make_state(std::uint64_t step) {
  const auto value = static_cast<double>(step);
  const auto filled = [&](at::IntArrayRef shape, double offset) {
    return torch::full(shape, value + offset, torch::kFloat) + torch::arange(shape[0]).unsqueeze(-1) * 0.25;
  };
  TrainingState state;
  state.parameters = {{"conv.weight", filled({2, 3}, 0.5)}, {"fc.bias", filled({4, 1}, 0.125)}};
  state.parameters[0].tensor.requires_grad_(true);
  state.optimizer = {{"momentum/conv.weight", filled({2, 3}, 100)}};
  state.buffers = {{"bn.num_batches_tracked", torch::tensor(static_cast<std::int64_t>(step), torch::kLong)}};
  return state;
}

inline CheckpointRecord make_record(std::uint64_t step) {
  CheckpointRecord record;
  record.step = step;
  record.steering = {{"cursor", step * 128}, {"order", "feistel"}};
  record.config_digest = "c0ffee";
  return record;
}

inline SimulatedFileSystem make_disk() {
  SimulatedFileSystem disk;
  disk.create_folders(kRun);
  disk.sync_folder("/");
  disk.sync_folder(kRun.parent_path());
  return disk;
}

/// A single-rank start of the run.
class Start {
 public:
  explicit Start(FileSystem& files, std::uint64_t keep = 3)
      : group_(comm::make_single_rank_communicator()), store_(kRun, *group_, files, {.keep = keep}) {}

  std::filesystem::path save(std::uint64_t step) { return store_.save(make_state(step), make_record(step)); }
  CheckpointStore& store() { return store_; }

 private:
  std::unique_ptr<comm::Communicator> group_;
  CheckpointStore store_;
};

inline void expect_equal(const std::vector<NamedTensor>& found, const std::vector<NamedTensor>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].name, expected[i].name);
    EXPECT_TRUE(torch::equal(found[i].tensor, expected[i].tensor)) << found[i].name;
  }
}

inline void expect_state_of_step(const TrainingState& state, std::uint64_t step) {
  const TrainingState expected = make_state(step);
  expect_equal(state.parameters, expected.parameters);
  expect_equal(state.optimizer, expected.optimizer);
  expect_equal(state.buffers, expected.buffers);
}

/// Starts the run anew and restores: the step found (its tensors and steering checked), empty when there is none.
inline std::optional<std::uint64_t> restored_step(FileSystem& files) {
  Start start(files);
  TrainingState state = make_state(999);
  const auto restored = start.store().restore_newest(state);
  if (!restored) return std::nullopt;
  expect_state_of_step(state, restored->step);
  EXPECT_EQ(restored->steering, make_record(restored->step).steering);
  return restored->step;
}

/// Every path under the run folder that looks like a temporary.
inline std::vector<std::string> temporaries(FileSystem& files) {
  std::vector<std::string> found;
  std::vector<std::filesystem::path> folders = {kRun, checkpoints_folder(kRun)};
  for (std::size_t i = 0; i < folders.size(); ++i) {
    if (!files.exists(folders[i])) continue;
    for (const std::string& name : files.list_folder(folders[i])) {
      if (name.starts_with(kTemporaryPrefix) || is_temporary_name(name)) found.push_back((folders[i] / name).string());
      if (find_step(name)) folders.push_back(folders[i] / name);
    }
  }
  return found;
}

inline void overwrite(FileSystem& files, const std::filesystem::path& path, const std::string& bytes) {
  files.remove_all(path);
  const auto file = files.create_file(path);
  file->write(std::as_bytes(std::span(bytes)));
  file->sync();
  file->close();
  files.sync_folder(path.parent_path());
}

inline std::filesystem::path step_folder(std::uint64_t step) {
  return checkpoints_folder(kRun) / step_folder_name(step);
}

/// The fault `work` throws; empty when it throws none.
template <typename Work>
std::optional<Fault> fault_of(const Work& work, std::string* message = nullptr) {
  try {
    work();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.fault();
  }
  return std::nullopt;
}

}  // namespace hpctrain::checkpoint
