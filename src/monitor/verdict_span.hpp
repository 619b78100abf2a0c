// From one verdict to the next: which part of the ledgers is judged. Must not know where verdicts are written.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "monitor/verdict.hpp"

namespace hpctrain::monitor {

class VerdictSpan {
 public:
  /// Shorter spans are too noisy to be judged.
  static constexpr double kLeastSeconds = 1;

  explicit VerdictSpan(VerdictFacts facts) : facts_(std::move(facts)) {}

  /// An epoch's steps are made. Judges what came since the last verdict; empty while that is too short, which the next
  /// epoch then includes.
  ///   `ledgers`  since the start, by rank
  ///   `steps`    since the start
  std::optional<Verdict> close_epoch(std::span<const RankLedger> ledgers, std::uint64_t steps);

  /// Judges the whole start; empty where it made no step.
  std::optional<Verdict> close_run(std::span<const RankLedger> ledgers, std::uint64_t steps) const;

 private:
  Verdict judge(std::span<const RankLedger> ledgers, std::uint64_t steps) const;

  VerdictFacts facts_;
  std::vector<RankLedger> before_;  ///< at the last verdict; empty: the start
  std::uint64_t steps_before_ = 0;
};

}  // namespace hpctrain::monitor
