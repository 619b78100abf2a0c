// How much memory this node, and the limits that its processes are put under, leave. Reads what Linux tells; knows no
// use of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace hpctrain {

/// Where Linux tells it; tests have files of their own.
struct MemoryFiles {
  std::filesystem::path memory = "/proc/meminfo";
  std::filesystem::path own_groups = "/proc/self/cgroup";
  std::filesystem::path groups = "/sys/fs/cgroup";
};

/// Bytes that could be had without swapping, page cache that nobody needs included; 0 where the kernel does not say.
std::uint64_t available_memory(const MemoryFiles& files = {});

/// Smallest limit of the control groups (version 1 or 2) that this process is in, in bytes; page cache counts against
/// it. Empty: there is none.
std::optional<std::uint64_t> memory_limit(const MemoryFiles& files = {});

/// What this process may still have of the node: available memory, or less where a control group has less left below
/// its limit. What the group's processes hold is taken off, its page cache is not. 0 where the kernel does not say.
std::uint64_t memory_room(const MemoryFiles& files = {});

}  // namespace hpctrain
