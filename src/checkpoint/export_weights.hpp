// Weights out of a checkpoint as one plain safetensors file for Python (one process).
#pragma once

#include <filesystem>

#include "core/file_system.hpp"

namespace hpctrain::checkpoint {

/// Writes parameters and buffers of a verified checkpoint to `out_file`, durably and all or nothing; an older file of
/// that name is replaced.
///   errors  Fault::no_checkpoint when the checkpoint is damaged; Fault::storage (nothing is left behind)
void export_weights(FileSystem& files, const std::filesystem::path& checkpoint_folder,
                    const std::filesystem::path& out_file);

}  // namespace hpctrain::checkpoint
