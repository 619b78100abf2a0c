// What a folder or a file really does: whether it can be locked, how fast it is read and written. Each probe ends after
// a few seconds even on a slow disk, and leaves nothing behind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/file_system.hpp"
#include "tools/doctor_facts.hpp"

namespace hpctrain::tools {

struct ProbeBounds {
  std::uint64_t bytes = std::uint64_t{64} << 20;
  double seconds = 3;
};

/// Reads the files one after the other, from the disk where the kernel lets go of what it holds of them.
///   errors  Fault::storage
Throughput measure_reading(const std::vector<std::filesystem::path>& files, const ProbeBounds& bounds);

/// Writes files into `folder`, each synced as a checkpoint's are.
///   errors  Fault::storage
Throughput measure_writing(FileSystem& files, const std::filesystem::path& folder, const ProbeBounds& bounds);

/// Why flock(2) on `file` fails; empty: it can be locked, or another process holds it at this moment.
std::string find_lock_obstacle(const std::filesystem::path& file);

/// Why a file of a MiB cannot be written to `folder` and locked; empty: it can.
std::string find_write_obstacle(const std::filesystem::path& folder);

/// The folder, or the nearest one above it that exists.
std::filesystem::path nearest_existing(std::filesystem::path folder);

}  // namespace hpctrain::tools
