// What holds a run up, from the ledgers of its ranks: one cause with its share of the time, the rank to blame where
// there is one, what to change, and what that would bring. Pure. Must not know who measures nor who reads it.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/rank_ledger.hpp"

namespace hpctrain::monitor {

enum class Cause {
  compute,        ///< nothing holds it up: forward and backward passes are the time
  data,           ///< waiting for data
  straggler,      ///< one rank computes longer than the others
  processors,     ///< all ranks are short of CPUs
  communication,  ///< sums over ranks
  checkpoint,
  evaluation,
  small_batches,  ///< what a step costs whatever its size
};

/// "data", "small_batches", …: the spelling in files.
std::string_view cause_name(Cause cause) noexcept;

/// What the ledgers do not say. Options are as the user set them.
struct VerdictFacts {
  std::vector<std::string> hosts{};    ///< by rank
  std::uint64_t steps = 0;             ///< in the span that is judged
  std::uint64_t samples_per_step = 0;  ///< of all ranks
  bool is_on_gpu = false;              ///< then the host's phases last until work is enqueued, and its `other` waits
  bool reads_over_network = false;     ///< the data set lies on another machine, and this node has no copies
  bool decodes_pictures = false;       ///< reader threads decode JPEG or PNG
  int reader_threads = 1;              ///< data.threads
  bool saves_in_background = true;     ///< checkpoint.async
};

struct Verdict {
  Cause cause = Cause::compute;
  double share = 0;                             ///< of the time: what the cause takes; 0 … 1
  std::optional<int> rank{};                    ///< the one to blame; empty: all alike
  std::string host{};                           ///< of that rank
  std::string finding{};                        ///< what was seen, in words
  std::string cure{};                           ///< what to change; empty for Cause::compute
  double speedup_without = 1;                   ///< if the cause took no time at all
  std::optional<double> speedup_twice_ranks{};  ///< at the same global batch; empty: a rank has one sample a step

  /// One line: finding; cure (what it would bring).
  std::string text() const;
};

/// The rank that waits least for others is the one that all wait for: its ledger is the run's, and how long it lies in
/// sums over ranks is what they cost. The greatest part that is not computing, and is not small, is the cause.
///   `ledgers`  what came on top in the span, by rank; not empty
///   cost       linear in ranks
Verdict plan_verdict(std::span<const RankLedger> ledgers, const VerdictFacts& facts);

/// How many times as fast the same global batch would be on twice the ranks, on as many more CPUs or GPUs. What is done
/// for samples halves, what is done for a step stays, a ring's sum takes (2n-1)/(2n-2) times as long.
double forecast_twice_ranks(const PhaseSeconds& critical, std::size_t ranks) noexcept;

/// The names that metrics.jsonl uses, without the text.
nlohmann::json to_json(const Verdict& verdict);

}  // namespace hpctrain::monitor
