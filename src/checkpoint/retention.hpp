// Which checkpoints to delete. Pure: decides, deletes nothing.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hpctrain::checkpoint {

/// Age of a checkpoint: a newer start of the run outranks any step of an older one, so that a late commit of a process
/// that was believed dead is never chosen.
struct CheckpointAge {
  std::uint64_t fence = 0;
  std::uint64_t step = 0;

  auto operator<=>(const CheckpointAge&) const = default;
};

struct RetentionCandidate {
  std::string name;  ///< of its folder
  CheckpointAge age;
  std::optional<double> metric;  ///< higher is better
  bool is_finite = true;
};

/// Index of the best: greatest metric among finite ones, the newer of two equals; the newest finite one where none has
/// a metric; the newest where none is finite. Empty for no candidates.
std::optional<std::size_t> find_best(const std::vector<RetentionCandidate>& candidates);

struct RetentionRule {
  std::uint64_t keep = 3;              ///< newest
  std::uint64_t keep_every_steps = 0;  ///< 0: none for good
};

/// Names to delete, oldest first. Stay: the `keep` newest (at least one), the best, the first of every
/// `keep_every_steps` steps, and the newest finite one, so that a run that diverged can still be taken up before it
/// did.
std::vector<std::string> plan_retention(const std::vector<RetentionCandidate>& candidates, const RetentionRule& rule);

}  // namespace hpctrain::checkpoint
