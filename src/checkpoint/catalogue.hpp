// What lies in a run's ckpt/ folder: names, listing, verified loading. Reads only; never changes the disk.
// Knows no ranks.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/manifest.hpp"
#include "checkpoint/retention.hpp"
#include "checkpoint/training_state.hpp"
#include "core/file_system.hpp"

namespace hpctrain::checkpoint {

inline constexpr const char* kModelFile = "model.safetensors";
inline constexpr const char* kOptimizerFile = "optimizer.safetensors";
inline constexpr const char* kManifestFile = "MANIFEST.json";
inline constexpr const char* kTemporaryPrefix = ".tmp-";
inline constexpr const char* kQuarantineFolder = "quarantine";

std::filesystem::path checkpoints_folder(const std::filesystem::path& run_folder);
/// "step-0000001200"
std::string step_folder_name(std::uint64_t step);
/// The step of such a name; empty for any other name.
std::optional<std::uint64_t> find_step(std::string_view folder_name);

struct CheckpointInfo {
  std::filesystem::path folder;
  std::optional<Manifest> manifest;  ///< empty when it cannot be used
  std::string defect_slug;           ///< set when `manifest` is empty
  std::string defect;

  RetentionCandidate candidate() const;  ///< of a checkpoint that has a manifest
};

/// Every committed checkpoint of the run: first those without a usable manifest (their fence is unknown, any of them
/// may be the newest), then the others, newest first by (fence, step). Reads manifests only, so a listed checkpoint may
/// still fail load_checkpoint().
std::vector<CheckpointInfo> list_checkpoints(FileSystem& files, const std::filesystem::path& run_folder);

/// "ckpt/step-0000001200": the newest by its number alone, nothing read. Empty where there is none.
std::optional<std::string> find_newest_name(FileSystem& files, const std::filesystem::path& run_folder);

struct LoadedCheckpoint {
  Manifest manifest;
  TrainingState state;  ///< on the host, groups and names as the manifest says
};

/// Reads a checkpoint and checks every byte of it: manifest digest, file sizes and digests, tensor map.
///   errors  CheckpointDefect; Fault::storage when a file that is there cannot be read
LoadedCheckpoint load_checkpoint(FileSystem& files, const std::filesystem::path& folder);

/// The same for parameters and buffers only: what a network is used with. Where the run kept averages of its
/// parameters, they stand in the parameters' place; otherwise the optimizer's file is not opened.
LoadedCheckpoint load_weights(FileSystem& files, const std::filesystem::path& folder);

}  // namespace hpctrain::checkpoint
