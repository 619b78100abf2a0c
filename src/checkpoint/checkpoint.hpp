// State to disk and back, all or nothing, collectively. The protocol stands in docs/formats/checkpoint.md.
// Knows no loop: train decides when, this room decides how.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/training_state.hpp"
#include "comm/communicator.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"

namespace hpctrain::checkpoint {

struct CheckpointSettings {
  std::uint64_t keep = 3;              ///< newest checkpoints kept; the best one is kept as well
  std::uint64_t keep_every_steps = 0;  ///< the first checkpoint of every so many steps stays for good; 0: none does
  bool is_async = true;                ///< saves of a running training are written while it goes on
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

/// Takes a whole tensor of which this rank keeps a part elsewhere; `host` is row-major, in host memory, and goes away.
using TakeWhole = std::function<void(const std::string& name, const at::Tensor& host)>;

/// What a background save does where the one before it has not left room yet.
enum class WhenBusy { skip, wait };

/// What became of a save that was started in the background.
struct SaveReport {
  std::uint64_t step = 0;
  nlohmann::json steering;       ///< of its record
  std::filesystem::path folder;  ///< committed; empty when it failed
  double seconds = 0;            ///< until the commit
  std::uint64_t bytes = 0;       ///< of all its files
  std::optional<Error> failure;  ///< marked agreed
};

class CheckpointStore {
 public:
  /// Takes the run over: writes a new incarnation, so that an older process still alive is fenced at its next commit.
  ///   collective  all ranks of `group`
  CheckpointStore(std::filesystem::path run_folder, comm::Communicator& group, FileSystem& files,
                  CheckpointSettings settings);
  ~CheckpointStore();

  /// Number of this start of the run: greater than that of every start before it, the same on all ranks.
  std::uint64_t start_number() const noexcept;

  /// Restores the newest valid checkpoint into `state`'s tensors; empty when the run has none yet. Tensors on the meta
  /// device only say what is there: `take` gets theirs.
  ///   collective  all ranks; all restore the same step
  ///   errors      Fault::no_checkpoint when there are some and none is valid (never a silent step 0);
  ///               Fault::usage when names, shapes or dtypes differ from the network's
  std::optional<Restored> restore_newest(TrainingState& state, const TakeWhole& take = {});

  /// Commits a checkpoint: invisible until its folder is renamed, durable when this returns.
  ///   collective  all ranks
  ///   errors      Fault::fenced when a newer incarnation took the run; Fault::storage (the previous one stays, no
  ///               temporary is left)
  ///   blocks      until background saves are done, too: commits follow the order of their steps
  std::filesystem::path save(const TrainingState& state, const CheckpointRecord& record);

  /// Commits the state as it is now, whatever later steps do to it, while training goes on. Rank zero acts, no rank
  /// communicates: what becomes of it is told by settle().
  ///   blocks   rank zero for one copy of the state in memory; with WhenBusy::wait also for the save before
  ///   returns  false on rank zero when the save was skipped
  bool start_save(const TrainingState& state, const CheckpointRecord& record, WhenBusy when_busy);
  /// True when settle() has something to tell (rank zero only; never elsewhere).
  bool has_news() const;
  /// What background saves have come to since the last call, oldest first; committed ones are durable.
  ///   collective  all ranks
  ///   blocks      no; with `waits_for_all` until none is under way
  std::vector<SaveReport> settle(bool waits_for_all);

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
