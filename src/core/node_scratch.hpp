// Where a node keeps bytes of its own for as long as a job lasts, and how many. Must not know what is put there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hpctrain {

struct NodeScratch {
  std::filesystem::path folder;
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
};

/// Folders to look at, best first: what the scheduler, the site or the user names, then what clusters often have.
std::vector<std::filesystem::path> plan_scratch_candidates(const std::map<std::string, std::string>& environment);

/// The first candidate that is a folder this user can write to. Empty where there is none.
std::optional<NodeScratch> find_node_scratch(const std::vector<std::filesystem::path>& candidates);

}  // namespace hpctrain
