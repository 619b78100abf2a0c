// A verdict in words. Must not decide anything.
#pragma once

#include <algorithm>
#include <string>

#include "monitor/verdict.hpp"

namespace hpctrain::monitor {

/// What a verdict rests on: the rank that all wait for, beside the middle of the others (itself where it is alone).
struct Evidence {
  int rank = 0;
  int ranks = 1;
  RankLedger own{};
  double seconds = 0;             ///< of the span, without the start
  double step_seconds = 0;        ///< mean; without evaluation and checkpoints
  double own_work = 0;            ///< seconds in which it computes
  double others_work = 0;         ///< the same of the others
  double others_data_wait = 0;    ///< seconds
  double others_without_cpu = 0;  ///< share
  double others_cpus = 0;

  /// Share that all ranks alike lack: what one alone lacks makes it a straggler.
  double without_cpu() const noexcept { return std::min(own.processors.waiting_share(), others_without_cpu); }
};

std::string describe_finding(const Verdict& verdict, const Evidence& evidence, const VerdictFacts& facts);
std::string describe_cure(const Verdict& verdict, const Evidence& evidence, const VerdictFacts& facts);

}  // namespace hpctrain::monitor
