// The changes to a run's ckpt/ folder that are not commits: preparing, tidying, quarantine, pruning. Rank zero only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint/retention.hpp"
#include "core/file_system.hpp"

namespace hpctrain::checkpoint {

/// Creates `folder` and its missing parents and makes their names durable.
///   errors  Fault::storage
void create_folders_durably(FileSystem& files, const std::filesystem::path& folder);

/// Removes temporaries that a killed process left in the run folder, in ckpt/ and in its checkpoints. Only after this
/// start has taken the run over: an older process that is still alive is fenced, losing its temporary does no harm.
///   errors  Fault::storage
void remove_leftovers(FileSystem& files, const std::filesystem::path& run_folder);

/// Moves a checkpoint to ckpt/quarantine/<name>-<slug>-<n> and returns that path.
///   errors  Fault::storage
std::filesystem::path quarantine_checkpoint(FileSystem& files, const std::filesystem::path& checkpoint_folder,
                                            const std::string& slug);

/// True when something was ever quarantined for damage: then "no checkpoint" does not mean "a new run".
bool has_quarantined_damage(FileSystem& files, const std::filesystem::path& run_folder);

/// Deletes what plan_retention() names. A crash in between leaves whole checkpoints and temporaries, no half ones.
///   errors  Fault::storage
void prune_checkpoints(FileSystem& files, const std::filesystem::path& run_folder, const RetentionRule& rule);

/// Slug of a sound checkpoint that a newer start overtook at the same step.
inline constexpr const char* kSupersededSlug = "superseded";

}  // namespace hpctrain::checkpoint
