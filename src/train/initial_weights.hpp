// Weights of another network as the start of this one (model.init).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/file_system.hpp"
#include "models/network.hpp"

namespace hpctrain::train {

/// Copies every tensor of a safetensors file over the network's parameter or buffer of that name. Names and shapes must
/// agree, but for the head, which depends on the number of outputs: where its shapes differ or the file has none, it
/// keeps its random start.   (one rank; broadcast_state() tells the others)
///   returns  what was loaded and what was not, one line each
///   errors   Fault::data  the file is no safetensors file
///            Fault::usage naming the first tensor that is missing, unknown or of another shape
std::vector<std::string> load_initial_weights(FileSystem& files, const std::filesystem::path& path,
                                              models::Network& network);

}  // namespace hpctrain::train
