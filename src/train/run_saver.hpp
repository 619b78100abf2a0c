// When a checkpoint is due: in the background while training goes on, or at once where the run ends. Says what came of
// each and counts failures; how a state reaches the disk is the checkpoint room's affair.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "checkpoint/checkpoint.hpp"
#include "comm/communicator.hpp"
#include "train/progress.hpp"
#include "train/run_recorder.hpp"
#include "train/step_boundary.hpp"

namespace hpctrain::train {

class RunSaver {
 public:
  struct Parts {
    comm::Communicator& group;
    checkpoint::CheckpointStore& checkpoints;
    StepBoundary& boundary;
    RunRecorder& recorder;
    std::filesystem::path run_folder;
    FileSystem& files;
    bool is_async = true;
  };

  explicit RunSaver(Parts parts) : parts_(std::move(parts)) {}

  /// Starts a save, or makes it where saves are not asynchronous. One that carries a metric is never skipped: it may be
  /// the best.
  ///   collective  all ranks
  ///   errors      as settle()
  void save(const checkpoint::TrainingState& state, const checkpoint::CheckpointRecord& record);
  /// Makes the last save of a start: when this returns it is durable.
  ///   collective  all ranks
  ///   errors      Fault::fenced, Fault::storage
  void save_last(const checkpoint::TrainingState& state, const checkpoint::CheckpointRecord& record);
  /// Records what background saves came to.
  ///   collective  all ranks
  ///   errors      Fault::storage after the third failure in a row; Fault::fenced
  void settle(bool waits_for_all);
  /// True on rank zero when settle() has something to record; all ranks must then call it.
  bool has_news() const { return parts_.checkpoints.has_news(); }

  /// Relative to the run folder.
  const std::optional<std::string>& newest_checkpoint() const noexcept { return newest_checkpoint_; }

 private:
  void save_now(const checkpoint::TrainingState& state, const checkpoint::CheckpointRecord& record);
  void record_success(const checkpoint::SaveReport& report);
  void record_failure(const checkpoint::SaveReport& report);

  Parts parts_;
  int failures_in_a_row_ = 0;
  std::uint64_t skipped_ = 0;  ///< rank zero's
  std::optional<std::string> newest_checkpoint_;
};

}  // namespace hpctrain::train
