#include "core/node_scratch.hpp"

#include <unistd.h>

#include <system_error>

namespace hpctrain {

std::vector<std::filesystem::path> plan_scratch_candidates(const std::map<std::string, std::string>& environment) {
  std::vector<std::filesystem::path> candidates;
  for (const char* name : {"SLURM_TMPDIR", "LOCAL_SCRATCH", "TMPDIR"}) {
    const auto found = environment.find(name);
    // A relative path would mean another folder for every working directory.
    if (found != environment.end() && found->second.starts_with('/')) candidates.emplace_back(found->second);
  }
  for (const char* folder : {"/local", "/localscratch", "/lscratch", "/tmp"}) candidates.emplace_back(folder);
  return candidates;
}

std::optional<NodeScratch> find_node_scratch(const std::vector<std::filesystem::path>& candidates) {
  for (const auto& folder : candidates) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error) || access(folder.c_str(), W_OK | X_OK) != 0) continue;
    const auto space = std::filesystem::space(folder, error);
    if (!error) return NodeScratch{folder, space.available, space.capacity};
  }
  return std::nullopt;
}

}  // namespace hpctrain
