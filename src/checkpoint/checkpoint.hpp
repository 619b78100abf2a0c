// State to disk and back, all or nothing, collectively. The protocol stands in docs/formats/checkpoint.md.
// Knows no loop: train decides when, this room decides how.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/training_state.hpp"
#include "comm/communicator.hpp"
#include "core/file_system.hpp"

namespace hpctrain::checkpoint {

struct CheckpointSettings {
  std::uint64_t keep = 3;  ///< newest checkpoints kept; the best one is kept as well
};

/// What goes into the manifest beside the tensors.
struct CheckpointRecord {
  std::uint64_t step = 0;
  nlohmann::json
      steering;  ///< cursor, schedule, scaler, order, bucket layout digest, effective micro-batch, best metric …
  std::string config_digest;     ///< of the identity keys
  std::optional<double> metric;  ///< higher is better; decides which checkpoint is "best"
};

struct Restored {
  std::uint64_t step = 0;
  nlohmann::json steering;
  std::filesystem::path folder;
  std::vector<std::string> warnings;  ///< checkpoints passed over and quarantined, each with its reason
};

class CheckpointStore {
 public:
  /// Takes the run over: writes a new incarnation, so that an older process still alive is fenced at its next commit.
  ///   collective  all ranks of `group`
  CheckpointStore(std::filesystem::path run_folder, comm::Communicator& group, FileSystem& files,
                  CheckpointSettings settings);
  ~CheckpointStore();

  /// Restores the newest valid checkpoint into `state`'s tensors; empty when the run has none yet.
  ///   collective  all ranks; all restore the same step
  ///   errors      Fault::no_checkpoint when there are some and none is valid (never a silent step 0);
  ///               Fault::usage when names, shapes or dtypes differ from the network's
  std::optional<Restored> restore_newest(TrainingState& state);

  /// Commits a checkpoint: invisible until its folder is renamed, durable when this returns.
  ///   collective  all ranks
  ///   errors      Fault::fenced when a newer incarnation took the run; Fault::storage (the previous one stays, no
  ///               temporary is left)
  std::filesystem::path save(const TrainingState& state, const CheckpointRecord& record);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Bytes of all files of a committed checkpoint.   (one process)
///   errors  Fault::storage
std::uint64_t checkpoint_bytes(FileSystem& files, const std::filesystem::path& folder);

/// Folder of the best checkpoint of a run (by metric), or of the newest where none has one.   (one process)
///   errors  Fault::no_checkpoint
std::filesystem::path find_best_checkpoint(FileSystem& files, const std::filesystem::path& run_folder);

}  // namespace hpctrain::checkpoint
