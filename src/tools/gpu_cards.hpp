// How much memory GPUs have, by the names people call them. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hpctrain::tools {

struct GpuCard {
  std::string name;  ///< "A100-40", or "6 GiB" where only a size was given
  std::uint64_t bytes = 0;
};

/// Reads "6", "6 GiB", "24gb" or a name such as "RTX 3060", "v100-16", "A100-40": capitals, blanks and dashes do not
/// matter.
///   errors  Fault::usage for a name that is not known, with the nearest one, and for sizes that no card has
GpuCard read_gpu_card(std::string_view text);

}  // namespace hpctrain::tools
