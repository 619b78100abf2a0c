// What a guarded child allows itself before it opens a file that nobody vouches for.
#pragma once

#include <cstdint>

namespace hpctrain::data {

/// Limits address space and processor time of this process and switches core dumps off; it is killed beyond the latter.
///   errors  Fault::bug when the system refuses
void limit_this_process(std::uint64_t address_space_bytes, std::uint64_t processor_seconds);

}  // namespace hpctrain::data
