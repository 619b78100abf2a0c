// Names nobody else has: run directories and incarnations of a run. True randomness from the kernel, never the run's
// seed: two starts with one seed must not meet in one folder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hpctrain {

/// Lower-case hexadecimal of `num_bytes` random bytes.
///   errors  Fault::bug when the kernel gives none
std::string random_hex(std::size_t num_bytes);

/// "<task>-<UTC>-<hex>", e.g. "classification-20261121T114500Z-9f3c".
std::string run_folder_name(std::string_view task, double started_unix, std::string_view hex);

}  // namespace hpctrain
