// What groups and coordinator write to each other. Pure text; docs/decisions/0021 says why leases need no answer.
#pragma once

#include <optional>
#include <string>

#include "sweep/trial.hpp"

namespace hpctrain::sweep {

struct TrialReport {
  std::string digest;
  TrialOutcome outcome;
};

/// A trial that is still training says what its evaluation gave.
struct ScoreReport {
  std::string digest;
  Score score;
  bool awaits_verdict = true;  ///< false: for people to see, and nobody answers
};

/// A group asks for its next trial and says how the last one ended.
std::string write_request(const std::optional<TrialReport>& report);
std::optional<TrialReport> read_request(const std::string& text);

std::string write_score(const ScoreReport& report);
/// Empty for a letter that asks for a trial.
std::optional<ScoreReport> read_score(const std::string& text);

std::string write_verdict(Verdict verdict);
Verdict read_verdict(const std::string& text);

/// The next trial, or nothing: the sweep is over for this group.
std::string write_lease(const std::optional<Trial>& trial);
std::optional<Trial> read_lease(const std::string& text);

}  // namespace hpctrain::sweep
