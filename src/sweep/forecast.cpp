#include "sweep/forecast.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <variant>

#include "config/value_text.hpp"

namespace hpctrain::sweep {
namespace {

constexpr const char* kEpochs = "train.epochs";
constexpr const char* kBatch = "train.batch";
constexpr double kShortestSeconds = 1e-3;
/// Observations of "no effect" beside those of a value: one that a single trial has explains no more than it must.
constexpr double kPull = 0.1;
constexpr int kPasses = 30;

/// 1 where no axis has this name.
double number_of(const Parameters& parameters, const char* option) {
  for (const auto& [name, value] : parameters) {
    if (name != option) continue;
    const auto parsed = config::parse_number(value);
    if (const double* number = std::get_if<double>(&parsed)) return *number;
  }
  return 1;
}

}  // namespace

DurationEstimate::DurationEstimate(const std::vector<Duration>& known) : is_measured_(!known.empty()) {
  if (known.empty()) return;
  std::vector<double> unexplained;
  for (const auto& [parameters, seconds] : known) {
    unexplained.push_back(std::log(std::max(seconds, kShortestSeconds) / number_of(parameters, kEpochs)));
  }
  mean_ = std::accumulate(unexplained.begin(), unexplained.end(), 0.0) / static_cast<double>(known.size());
  for (double& rest : unexplained) rest -= mean_;
  for (int pass = 0; pass < kPasses; ++pass) {
    for (std::size_t axis = 0; axis < known.front().parameters.size(); ++axis) {
      if (known.front().parameters[axis].first != kEpochs) fit_axis(known, axis, unexplained);
    }
  }
}

/// Least squares for one axis while the others stay: repeated in turn, they come to the fit of all.
void DurationEstimate::fit_axis(const std::vector<Duration>& known, std::size_t axis,
                                std::vector<double>& unexplained) {
  std::map<std::pair<std::string, std::string>, std::pair<double, double>> sums;  // by value: sum, count
  for (std::size_t i = 0; i < known.size(); ++i) {
    auto& [sum, count] = sums[known[i].parameters[axis]];
    sum += unexplained[i] + effects_[known[i].parameters[axis]];
    count += 1;
  }
  for (std::size_t i = 0; i < known.size(); ++i) {
    const auto& [sum, count] = sums.at(known[i].parameters[axis]);
    unexplained[i] += effects_[known[i].parameters[axis]] - sum / (count + kPull);
  }
  for (const auto& [value, sum] : sums) effects_[value] = sum.first / (sum.second + kPull);
}

double DurationEstimate::seconds(const Parameters& parameters) const {
  double logarithm = mean_;
  for (const auto& parameter : parameters) {
    const auto effect = effects_.find(parameter);
    if (effect != effects_.end()) logarithm += effect->second;
  }
  return number_of(parameters, kEpochs) * std::exp(logarithm);
}

std::vector<std::size_t> plan_dealing(const std::vector<Parameters>& points, const DurationEstimate& estimate) {
  std::vector<std::pair<double, double>> keys;  // what comes first is smaller
  for (const Parameters& point : points) keys.emplace_back(-estimate.seconds(point), number_of(point, kBatch));
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  return order;
}

double plan_makespan(const std::vector<double>& seconds, int groups) {
  std::vector<double> busy_until(static_cast<std::size_t>(groups), 0.0);
  for (const double length : seconds) *std::min_element(busy_until.begin(), busy_until.end()) += length;
  return *std::max_element(busy_until.begin(), busy_until.end());
}

}  // namespace hpctrain::sweep
