// Weights out of a checkpoint as one plain safetensors file for Python (one process).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "core/file_system.hpp"

namespace hpctrain::checkpoint {

/// Tensors that only training needed: the projector of contrastive learning. What is left is an encoder's.
inline constexpr std::string_view kProjectorPrefix = "projector.";

/// Writes parameters and buffers of a verified checkpoint to `out_file`, durably and all or nothing; an older file of
/// that name is replaced. A projector stays behind.
///   returns  how many tensors stayed behind
///   errors  Fault::no_checkpoint when the checkpoint is damaged; Fault::storage (nothing is left behind)
std::size_t export_weights(FileSystem& files, const std::filesystem::path& checkpoint_folder,
                           const std::filesystem::path& out_file);

}  // namespace hpctrain::checkpoint
