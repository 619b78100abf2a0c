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

/// A group asks for its next trial and says how the last one ended.
std::string write_request(const std::optional<TrialReport>& report);
std::optional<TrialReport> read_request(const std::string& text);

/// The next trial, or nothing: the sweep is over for this group.
std::string write_lease(const std::optional<Trial>& trial);
std::optional<Trial> read_lease(const std::string& text);

}  // namespace hpctrain::sweep
