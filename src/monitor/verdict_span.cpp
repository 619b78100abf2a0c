#include "monitor/verdict_span.hpp"

namespace hpctrain::monitor {

std::optional<Verdict> VerdictSpan::close_epoch(std::span<const RankLedger> ledgers, std::uint64_t steps) {
  std::vector<RankLedger> span(ledgers.begin(), ledgers.end());
  for (std::size_t rank = 0; rank < before_.size(); ++rank) span[rank] = ledgers[rank].since(before_[rank]);
  const PhaseSeconds mean = mean_phases(span);
  if (mean.total() - mean[Phase::start] < kLeastSeconds) return std::nullopt;
  Verdict verdict = judge(span, steps - steps_before_);
  before_.assign(ledgers.begin(), ledgers.end());
  steps_before_ = steps;
  return verdict;
}

std::optional<Verdict> VerdictSpan::close_run(std::span<const RankLedger> ledgers, std::uint64_t steps) const {
  if (steps == 0) return std::nullopt;
  return judge(ledgers, steps);
}

Verdict VerdictSpan::judge(std::span<const RankLedger> ledgers, std::uint64_t steps) const {
  VerdictFacts facts = facts_;
  facts.steps = steps;
  return plan_verdict(ledgers, facts);
}

}  // namespace hpctrain::monitor
