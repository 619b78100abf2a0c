// Trials that differ only in what chance decides, the seed and the fold, are replicates of one configuration: how good
// it is on average, and whether the best one can be told apart from the others. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sweep/ledger.hpp"
#include "sweep/trial.hpp"

namespace hpctrain::sweep {

/// True for train.seed and data.fold.
bool is_replicate_axis(const std::string& option);

/// Several numbers in two.
struct Spread {
  std::size_t count = 0;
  double mean = 0;
  std::optional<double> standard_deviation;  ///< of two or more, with count - 1 degrees of freedom
};

Spread measure_spread(const std::vector<double>& values);

struct Configuration {
  Parameters parameters;                 ///< without seed and fold
  std::map<Parameters, double> metrics;  ///< of trials that are done, by seed and fold
  Spread spread;                         ///< of the metrics
};

/// The best configuration beside another one, over the seeds and folds that both have.
struct Comparison {
  Spread advantage;                  ///< what the best one is better by, pair for pair, whichever way is better
  std::optional<double> half_width;  ///< of the 95 % interval of its mean; of two or more pairs

  /// The interval does not hold zero.
  bool is_told_apart() const noexcept;
};

struct ReplicateReport {
  /// Best mean first. Those with less than half as many replicates as the most have come last: few say little.
  std::vector<Configuration> configurations;
  std::vector<Comparison> comparisons;  ///< of configuration 0 with configuration i + 1
};

///   entries  all of the same axes
ReplicateReport compare_replicates(const std::vector<LedgerEntry>& entries, bool is_smaller_better);

}  // namespace hpctrain::sweep
