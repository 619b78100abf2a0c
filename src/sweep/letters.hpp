// What coordinator and ranks write to each other. Pure text; docs/decisions/0021 says why leases need no answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sweep/trial.hpp"

namespace hpctrain::sweep {

/// To each rank of a team: what they train together next. The first of the ranks writes the team's letters.
struct Lease {
  Trial trial;
  std::vector<int> ranks;  ///< of the world
  int team = 0;            ///< equal ranks in equal order, equal number
};

/// How a team's trial ended; its ranks wait for their next lease.
struct TrialReport {
  std::string digest;
  TrialOutcome outcome;
};

/// A trial that is still training says what its evaluation gave.
struct ScoreReport {
  std::string digest;
  Score score;
  Outlook outlook;
  bool awaits_verdict = true;  ///< false: for people to see, and nobody answers
};

/// Nothing: the sweep is over for this rank.
std::string write_lease(const std::optional<Lease>& lease);
std::optional<Lease> read_lease(const std::string& text);

std::string write_report(const TrialReport& report);
TrialReport read_report(const std::string& text);

std::string write_score(const ScoreReport& report);
/// Empty for a letter that says how a trial ended.
std::optional<ScoreReport> read_score(const std::string& text);

std::string write_verdict(Verdict verdict);
Verdict read_verdict(const std::string& text);

}  // namespace hpctrain::sweep
