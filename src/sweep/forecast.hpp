// How long trials take, learned from those that are done, and what follows for the order in which they are dealt. Pure.
// Must not know the ledger nor how trials are run.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sweep/trial.hpp"

namespace hpctrain::sweep {

/// Of a trial that was trained from its first step to its last in one go.
struct Duration {
  Parameters parameters;
  double seconds = 0;
};

/// Of a trial that is still to be trained.
struct TrialForecast {
  double seconds = 0;
  bool is_measured = false;  ///< else `seconds` say only which of two trials takes longer
};

/// Seconds are proportional to train.epochs, and to a factor for each value of each other axis, fitted to the known
/// durations; a value that no known trial has counts as average. Without known durations, seconds are relative.
class DurationEstimate {
 public:
  /// All of the same axes.
  explicit DurationEstimate(const std::vector<Duration>& known);

  bool is_measured() const noexcept { return is_measured_; }
  double seconds(const Parameters& parameters) const;

 private:
  void fit_axis(const std::vector<Duration>& known, std::size_t axis, std::vector<double>& unexplained);

  bool is_measured_ = false;
  double mean_ = 0;                                                ///< of the logarithm of seconds per epoch
  std::map<std::pair<std::string, std::string>, double> effects_;  ///< added to it, by option and value
};

/// The order of `points` in which none waits behind shorter ones: a long trial that starts last keeps one group busy
/// while the others are idle. Equally long ones: the smaller batch first, for it makes more steps; else as they stand.
std::vector<std::size_t> plan_dealing(const std::vector<Parameters>& points, const DurationEstimate& estimate);

/// Seconds until trials of these lengths are over, each given to the group that is free first.
double plan_makespan(const std::vector<double>& seconds, int groups);

}  // namespace hpctrain::sweep
