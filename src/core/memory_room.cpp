#include "core/memory_room.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <string_view>

namespace hpctrain {
namespace {

namespace fs = std::filesystem;

// Version 1 writes a number near 2^63 where there is no limit; no node has as much as this.
constexpr std::uint64_t kMostBytes = 1ull << 60;

/// How a version of control groups calls what is asked of a group.
struct GroupWords {
  const char *limit, *use;
  std::array<std::string_view, 2> page_cache;  ///< in memory.stat, groups below counted as well
};
constexpr GroupWords kVersion1{
    "memory.limit_in_bytes", "memory.usage_in_bytes", {"total_active_file", "total_inactive_file"}};
constexpr GroupWords kVersion2{"memory.max", "memory.current", {"active_file", "inactive_file"}};

/// "max", and whatever else is no number, is no limit.
std::optional<std::uint64_t> read_limit(const fs::path& path) {
  std::ifstream file(path);
  std::uint64_t bytes = 0;
  if (!(file >> bytes) || bytes >= kMostBytes) return std::nullopt;
  return bytes;
}

std::uint64_t below(std::uint64_t all, std::uint64_t part) {
  return all > part ? all - part : 0;
}

/// What processes of the group hold and the kernel could not take back without swapping; 0 where it does not say.
std::uint64_t held_bytes(const fs::path& group, const GroupWords& words) {
  std::uint64_t held = read_limit(group / words.use).value_or(0);
  std::ifstream file(group / "memory.stat");
  std::uint64_t bytes = 0;
  for (std::string name; file >> name >> bytes;) {
    const bool is_page_cache = name == words.page_cache[0] || name == words.page_cache[1];
    if (is_page_cache) held = below(held, bytes);
  }
  return held;
}

/// The smallest of what `measure` says of the group and of all above it. Inside a container the path may be the host's,
/// of which only the top is there.
template <class Measure>
void keep_smallest(std::optional<std::uint64_t>& smallest, const fs::path& root, const fs::path& group,
                   const Measure& measure) {
  for (fs::path part = group.relative_path();; part = part.parent_path()) {
    if (const std::optional<std::uint64_t> bytes = measure(root / part)) {
      smallest = std::min(*bytes, smallest.value_or(*bytes));
    }
    if (part.empty()) return;
  }
}

/// The same of all groups that this process is in; `measure` is told how their version calls things.
template <class Measure>
std::optional<std::uint64_t> smallest_of_groups(const MemoryFiles& files, const Measure& measure) {
  std::optional<std::uint64_t> smallest;
  std::ifstream file(files.own_groups);
  // "0::/path" of version 2, "4:memory:/path" and the like of version 1.
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    const auto of_version = [&](const GroupWords& words) {
      return [&](const fs::path& folder) { return measure(folder, words); };
    };
    if (controllers.empty()) keep_smallest(smallest, files.groups, group, of_version(kVersion2));
    if (("," + controllers + ",").find(",memory,") != std::string::npos) {
      keep_smallest(smallest, files.groups / "memory", group, of_version(kVersion1));
    }
  }
  return smallest;
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
  return smallest_of_groups(
      files, [](const fs::path& group, const GroupWords& words) { return read_limit(group / words.limit); });
}

std::uint64_t memory_room(const MemoryFiles& files) {
  const std::uint64_t available = available_memory(files);
  const auto left =
      smallest_of_groups(files, [](const fs::path& group, const GroupWords& words) -> std::optional<std::uint64_t> {
        const auto limit = read_limit(group / words.limit);
        if (!limit) return std::nullopt;
        return below(*limit, held_bytes(group, words));
      });
  return std::min(available, left.value_or(available));
}

}  // namespace hpctrain
