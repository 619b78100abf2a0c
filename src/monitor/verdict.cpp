// Which cause wins. The words are in verdict_words.cpp.
#include "monitor/verdict.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "monitor/verdict_words.hpp"

namespace hpctrain::monitor {
namespace {

// Below these shares of the time a part is not worth a change.
constexpr double kLeastShare = 0.1;
constexpr double kLeastCommunication = 0.15;
constexpr double kLeastEvaluation = 0.25;
constexpr double kLeastPerStepWork = 0.2;
/// Ranks are never quite alike: this much slower than the others is a straggler.
constexpr double kStragglerRatio = 1.25;
/// Steps shorter than this are of the order of what threads and networks take to wake each other.
constexpr double kShortStepSeconds = 0.005;
/// What launching the operators of the smallest network's forward and backward pass takes of a CPU, measured with one
/// sample.
constexpr double kLaunchSeconds = 0.0003;

double middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// The part of the loop that a rank works through by itself.
double own_work(const PhaseSeconds& phases) {
  return phases[Phase::make_batch] + phases[Phase::forward] + phases[Phase::backward] + phases[Phase::optimizer] +
         phases[Phase::other];
}

template <typename Value>
double middle_of_others(std::span<const RankLedger> ledgers, std::size_t without, Value value) {
  std::vector<double> values;
  for (std::size_t rank = 0; rank < ledgers.size(); ++rank) {
    if (rank != without) values.push_back(value(ledgers[rank]));
  }
  return values.empty() ? value(ledgers[without]) : middle(values);
}

std::size_t find_critical_rank(std::span<const RankLedger> ledgers) {
  const auto waits_less = [](const RankLedger& a, const RankLedger& b) {
    return a.exposed()[Phase::communication] < b.exposed()[Phase::communication];
  };
  return static_cast<std::size_t>(std::min_element(ledgers.begin(), ledgers.end(), waits_less) - ledgers.begin());
}

Evidence gather_evidence(std::span<const RankLedger> ledgers, const VerdictFacts& facts) {
  const std::size_t critical = find_critical_rank(ledgers);
  const RankLedger& own = ledgers[critical];
  Evidence evidence{.rank = static_cast<int>(critical), .ranks = static_cast<int>(ledgers.size()), .own = own};
  evidence.seconds = own.exposed().total() - own.exposed()[Phase::start];
  evidence.own_work = own_work(own.exposed());
  evidence.others_work = middle_of_others(ledgers, critical, [](const auto& l) { return own_work(l.exposed()); });
  evidence.others_data_wait =
      middle_of_others(ledgers, critical, [](const auto& l) { return l.exposed()[Phase::data_wait]; });
  evidence.others_without_cpu =
      middle_of_others(ledgers, critical, [](const auto& l) { return l.processors.waiting_share(); });
  evidence.others_cpus = middle_of_others(ledgers, critical, [](const auto& l) { return l.cpus; });
  if (facts.steps > 0) evidence.step_seconds = own.phases.training() / static_cast<double>(facts.steps);
  return evidence;
}

/// Seconds of the span that steps take whatever their samples are.
double per_step_work(const Evidence& evidence, const VerdictFacts& facts) {
  const PhaseSeconds& phases = evidence.own.exposed();
  const PhaseSeconds& host = evidence.own.phases;
  // By the host's clock alone `other` is where it waits for a GPU, which is busy meanwhile.
  const bool waits_in_other = facts.is_on_gpu && !evidence.own.has_device_account();
  const double loop = phases[Phase::optimizer] + (waits_in_other ? 0 : phases[Phase::other]);
  if (evidence.step_seconds >= kShortStepSeconds) return loop;
  double launches =
      std::min(host[Phase::forward] + host[Phase::backward], kLaunchSeconds * static_cast<double>(facts.steps));
  // A host that waits for its device launched in time.
  if (evidence.own.has_device_account()) launches = std::max(0.0, launches - host[Phase::other]);
  return loop + phases[Phase::communication] + launches;
}

struct Candidate {
  Cause cause;
  double share;
  double least;
};

/// In the order in which equal shares win.
std::vector<Candidate> list_candidates(const Evidence& evidence, const VerdictFacts& facts) {
  const PhaseSeconds& phases = evidence.own.exposed();
  const auto share = [&](double seconds) { return seconds / evidence.seconds; };
  const bool is_slow = evidence.ranks > 1 && evidence.own_work > kStragglerRatio * evidence.others_work;
  const double excess = is_slow ? evidence.own_work - evidence.others_work : 0;
  return {
      {Cause::data, share(phases[Phase::data_wait]), kLeastShare},
      {Cause::straggler, share(excess), kLeastShare},
      {Cause::small_batches, share(per_step_work(evidence, facts)), kLeastPerStepWork},
      {Cause::communication, share(phases[Phase::communication]), kLeastCommunication},
      {Cause::checkpoint, share(phases[Phase::checkpoint]), kLeastShare},
      {Cause::evaluation, share(phases[Phase::evaluation]), kLeastEvaluation},
  };
}

/// Ranks that all lack CPUs compute longer than they need to. Anything else that holds them up says more.
Candidate fall_back(const Evidence& evidence) {
  const double passes = evidence.own.exposed()[Phase::forward] + evidence.own.exposed()[Phase::backward];
  const double slowed = evidence.without_cpu() * evidence.own_work / evidence.seconds;
  // A device does not compute longer because threads of its host take turns.
  if (slowed >= kLeastShare && !evidence.own.has_device_account()) return {Cause::processors, slowed, 0};
  return {Cause::compute, passes / evidence.seconds, 0};
}

bool is_of_one_rank(Cause cause, const Evidence& evidence) {
  if (cause == Cause::straggler) return true;
  // A rank that waits for data twice as long as the others has a reason of its own.
  return cause == Cause::data && evidence.ranks > 1 &&
         evidence.own.exposed()[Phase::data_wait] > 2 * evidence.others_data_wait;
}

}  // namespace

double forecast_twice_ranks(const PhaseSeconds& critical, std::size_t ranks) noexcept {
  const double for_samples = critical[Phase::data_wait] + critical[Phase::make_batch] + critical[Phase::forward] +
                             critical[Phase::backward] + critical[Phase::evaluation];
  const double for_steps = critical[Phase::optimizer] + critical[Phase::other] + critical[Phase::checkpoint];
  const auto n = static_cast<double>(ranks);
  const double sums = ranks > 1 ? critical[Phase::communication] * (2 * n - 1) / (2 * n - 2) : 0;
  const double now = for_samples + for_steps + critical[Phase::communication];
  const double then = for_samples / 2 + for_steps + sums;
  return then > 0 ? now / then : 1;
}

Verdict plan_verdict(std::span<const RankLedger> ledgers, const VerdictFacts& facts) {
  const Evidence evidence = gather_evidence(ledgers, facts);
  Verdict verdict;
  if (!(evidence.seconds > 0)) {
    verdict.finding = "nothing measured";
    return verdict;
  }
  const Candidate fallback = fall_back(evidence);
  verdict.cause = fallback.cause;
  verdict.share = fallback.share;
  double greatest = 0;
  for (const Candidate& candidate : list_candidates(evidence, facts)) {
    if (candidate.share < candidate.least || candidate.share <= greatest) continue;
    greatest = candidate.share;
    verdict.cause = candidate.cause;
    verdict.share = candidate.share;
  }
  if (verdict.cause != Cause::compute) verdict.speedup_without = 1 / (1 - std::min(verdict.share, 0.99));
  if (facts.samples_per_step >= 2 * ledgers.size()) {
    verdict.speedup_twice_ranks = forecast_twice_ranks(evidence.own.exposed(), ledgers.size());
  }
  if (is_of_one_rank(verdict.cause, evidence)) {
    verdict.rank = evidence.rank;
    if (ledgers.size() == facts.hosts.size()) verdict.host = facts.hosts[static_cast<std::size_t>(evidence.rank)];
  }
  verdict.finding = describe_finding(verdict, evidence, facts);
  verdict.cure = describe_cure(verdict, evidence, facts);
  return verdict;
}

nlohmann::json to_json(const Verdict& verdict) {
  nlohmann::json json = {{"cause", cause_name(verdict.cause)},
                         {"share", verdict.share},
                         {"finding", verdict.finding},
                         {"speedup_without", verdict.speedup_without}};
  if (!verdict.cure.empty()) json["cure"] = verdict.cure;
  if (verdict.rank) json["rank"] = *verdict.rank;
  if (!verdict.host.empty()) json["host"] = verdict.host;
  if (verdict.speedup_twice_ranks) json["speedup_twice_ranks"] = *verdict.speedup_twice_ranks;
  return json;
}

}  // namespace hpctrain::monitor
