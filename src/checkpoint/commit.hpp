// One checkpoint onto the disk, all or nothing. Rank zero only; knows no ranks.
#pragma once

#include <filesystem>

#include "checkpoint/checkpoint.hpp"
#include "checkpoint/incarnation.hpp"
#include "checkpoint/training_state.hpp"
#include "core/file_system.hpp"

namespace hpctrain::checkpoint {

/// What a commit needs to know beside the state.
struct CommitContext {
  FileSystem& files;
  std::filesystem::path run_folder;
  const Incarnation& incarnation;
  int world_size = 1;
};

/// Writes the checkpoint of `record.step` and makes it durable; the folder it lies in. A sound checkpoint of this very
/// state stays as it is, only its manifest follows the record; a damaged one, or one that a newer start has overtaken,
/// is moved to quarantine first.
///   errors  Fault::fenced; Fault::storage, Fault::bug (the previous checkpoints stay, no temporary is left)
std::filesystem::path commit_checkpoint(const CommitContext& context, const TrainingState& state,
                                        const CheckpointRecord& record);

}  // namespace hpctrain::checkpoint
