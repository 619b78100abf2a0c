// The size of a large page, in whose units files are written, mapped and read ahead, and slots allocated.
#pragma once

#include <cstdint>

namespace hpctrain::data {

/// A file system that keeps large folios takes their size from the write. Only a folio of this size, at a multiple of
/// it in the file, is mapped with one entry of the page table: fewer faults in a first epoch, fewer misses in later
/// ones.
inline constexpr std::uint64_t kLargePageBytes = 2u << 20;

}  // namespace hpctrain::data
