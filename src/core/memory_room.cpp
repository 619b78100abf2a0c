#include "core/memory_room.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace hpctrain {
namespace {

namespace fs = std::filesystem;

// Version 1 writes a number near 2^63 where there is no limit; no node has as much as this.
constexpr std::uint64_t kMostBytes = 1ull << 60;

/// "max", and whatever else is no number, is no limit.
std::optional<std::uint64_t> read_limit(const fs::path& path) {
  std::ifstream file(path);
  std::uint64_t bytes = 0;
  if (!(file >> bytes) || bytes >= kMostBytes) return std::nullopt;
  return bytes;
}

void keep_smaller(std::optional<std::uint64_t>& smallest, std::optional<std::uint64_t> limit) {
  if (limit) smallest = std::min(*limit, smallest.value_or(*limit));
}

/// Of the group and of all above it. Inside a container the path may be the host's, of which only the top is there.
std::optional<std::uint64_t> smallest_limit(const fs::path& root, const fs::path& group, const char* file) {
  std::optional<std::uint64_t> smallest;
  for (fs::path part = group.relative_path();; part = part.parent_path()) {
    keep_smaller(smallest, read_limit(root / part / file));
    if (part.empty()) return smallest;
  }
}

}  // namespace

std::uint64_t available_memory(const MemoryFiles& files) {
  std::ifstream file(files.memory);
  std::string name;
  std::uint64_t kib = 0;
  for (std::string rest; file >> name >> kib; std::getline(file, rest)) {
    if (name == "MemAvailable:") return kib * 1024;
  }
  return 0;
}

std::optional<std::uint64_t> memory_limit(const MemoryFiles& files) {
  std::optional<std::uint64_t> smallest;
  std::ifstream file(files.own_groups);
  // "0::/path" of version 2, "4:memory:/path" and the like of version 1.
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) keep_smaller(smallest, smallest_limit(files.groups, group, "memory.max"));
    if (("," + controllers + ",").find(",memory,") != std::string::npos) {
      keep_smaller(smallest, smallest_limit(files.groups / "memory", group, "memory.limit_in_bytes"));
    }
  }
  return smallest;
}

}  // namespace hpctrain
