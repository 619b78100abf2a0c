#include "sweep/replicates.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

namespace hpctrain::sweep {
namespace {

constexpr double kOutside = 0.05;

/// Of the mean of numbers that are normally distributed, or about so.
std::optional<double> confidence_half_width(const Spread& spread) {
  if (!spread.standard_deviation) return std::nullopt;
  const auto count = static_cast<double>(spread.count);
  const boost::math::students_t distribution(count - 1);
  const double quantile = boost::math::quantile(boost::math::complement(distribution, kOutside / 2));
  return quantile * *spread.standard_deviation / std::sqrt(count);
}

std::vector<Configuration> group_replicates(const std::vector<LedgerEntry>& entries) {
  std::vector<Configuration> configurations;
  for (const LedgerEntry& entry : entries) {
    if (entry.outcome.state != TrialState::done || !entry.outcome.metric) continue;
    Parameters fixed, drawn;
    for (const auto& parameter : entry.trial.parameters) {
      (is_replicate_axis(parameter.first) ? drawn : fixed).push_back(parameter);
    }
    auto place = std::find_if(configurations.begin(), configurations.end(),
                              [&](const Configuration& known) { return known.parameters == fixed; });
    if (place == configurations.end()) place = configurations.insert(place, {fixed, {}, {}});
    place->metrics[drawn] = *entry.outcome.metric;
  }
  for (Configuration& configuration : configurations) {
    std::vector<double> values;
    for (const auto& [drawn, metric] : configuration.metrics) values.push_back(metric);
    configuration.spread = measure_spread(values);
  }
  return configurations;
}

Comparison compare(const Configuration& best, const Configuration& other, double sign) {
  std::vector<double> differences;
  for (const auto& [drawn, metric] : best.metrics) {
    const auto partner = other.metrics.find(drawn);
    if (partner != other.metrics.end()) differences.push_back(sign * (metric - partner->second));
  }
  Comparison comparison{measure_spread(differences), std::nullopt};
  comparison.half_width = confidence_half_width(comparison.advantage);
  return comparison;
}

}  // namespace

bool is_replicate_axis(const std::string& option) {
  return option == "train.seed" || option == "data.fold";
}

Spread measure_spread(const std::vector<double>& values) {
  Spread spread;
  spread.count = values.size();
  if (values.empty()) return spread;
  const auto count = static_cast<double>(values.size());
  spread.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (values.size() < 2) return spread;
  double squares = 0;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  spread.standard_deviation = std::sqrt(squares / (count - 1));
  return spread;
}

bool Comparison::is_told_apart() const noexcept {
  return half_width && std::abs(advantage.mean) > *half_width;
}

ReplicateReport compare_replicates(const std::vector<LedgerEntry>& entries, bool is_smaller_better) {
  const double sign = is_smaller_better ? -1 : 1;
  ReplicateReport report{group_replicates(entries), {}};
  std::size_t most = 0;
  for (const auto& configuration : report.configurations) most = std::max(most, configuration.spread.count);
  std::stable_sort(report.configurations.begin(), report.configurations.end(), [&](const auto& a, const auto& b) {
    const bool has_few_a = 2 * a.spread.count < most;
    const bool has_few_b = 2 * b.spread.count < most;
    return has_few_a != has_few_b ? has_few_b : sign * a.spread.mean > sign * b.spread.mean;
  });
  for (std::size_t i = 1; i < report.configurations.size(); ++i) {
    report.comparisons.push_back(compare(report.configurations.front(), report.configurations[i], sign));
  }
  return report;
}

}  // namespace hpctrain::sweep
