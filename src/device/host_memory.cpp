#include "device/host_memory.hpp"

#include <malloc.h>

#include <cstdlib>
#include <limits>

namespace hpctrain::device {
namespace {

/// The most that glibc takes; larger blocks are mapped and unmapped one by one.
constexpr int kLargestKeptBlockBytes = 32 << 20;

}  // namespace

void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, kLargestKeptBlockBytes);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  // c10's allocator reads it at its first large block. A user who set it otherwise is obeyed.
  setenv("THP_MEM_ALLOC_ENABLE", "1", /*overwrite=*/0);
}

}  // namespace hpctrain::device
