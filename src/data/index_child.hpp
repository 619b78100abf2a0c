// HDF5 stays out of the training process: a child (`hpctrain-pack index DIR`) with memory and time limits reads the
// layout and prints the flat index. It may crash or hang on a hostile file; this process then throws and names the
// file.
#pragma once

#include <cstdint>
#include <filesystem>

#include "data/dataset_index.hpp"

namespace hpctrain::data {

struct IndexChildLimits {
  std::uint64_t address_space_bytes = 4ull << 30;
  double timeout_seconds = 60;  ///< of computing; longer as long as it reads on, as from a cold parallel file system
};

/// Starts `packer index FOLDER --memory-limit BYTES --cpu-limit SECONDS` and parses what it prints; the index's folder
/// is absolute. Call it before MPI starts: a forked child and an initialised MPI do not go together.
///   blocks  until the child ends, at most limits.timeout_seconds, or until it has read nothing for half of them
///   errors  Fault::usage when `packer` cannot be started
///           Fault::data with the child's own message, or naming the folder when it crashed or ran out of time or
///   memory
DatasetIndex index_dataset(const std::filesystem::path& packer, const std::filesystem::path& folder,
                           const IndexChildLimits& limits = {});

}  // namespace hpctrain::data
