#include "tools/memory_forecast.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"

namespace hpctrain::tools {
namespace {

constexpr double kSafeShare = 0.85;

/// Values that an optimizer keeps for each parameter.
std::uint64_t state_values(const train::OptimizerSettings& optimizer) {
  switch (optimizer.kind) {
    case train::OptimizerKind::sgd:
      return optimizer.momentum > 0 ? 1 : 0;
    case train::OptimizerKind::lars:
      return 1;
    case train::OptimizerKind::adam:
    case train::OptimizerKind::adamw:
      return 2;
  }
  throw Error(Fault::bug, "optimizer kind whose state is unknown");
}

bool counts_steps(train::OptimizerKind kind) {
  return kind == train::OptimizerKind::adam || kind == train::OptimizerKind::adamw;
}

double slope(const MemoryPoint& low, const MemoryPoint& high) {
  return (static_cast<double>(high.bytes) - static_cast<double>(low.bytes)) /
         static_cast<double>(high.samples - low.samples);
}

}  // namespace

StateBytes plan_state_bytes(const train::TrainSettings& train, const train::OptimizerSettings& optimizer,
                            std::uint64_t parameters, std::uint64_t parameter_tensors) {
  StateBytes bytes;
  bytes.parameters = parameters * sizeof(float);
  bytes.gradients = bytes.parameters;
  bytes.optimizer = state_values(optimizer) * bytes.parameters;
  if (counts_steps(optimizer.kind)) bytes.optimizer += parameter_tensors * sizeof(float);
  if (train.ema_decay) bytes.average = bytes.parameters;
  return bytes;
}

MemoryCurve::MemoryCurve(std::vector<MemoryPoint> points) : points_(std::move(points)) {
  require_invariant(points_.size() >= 2, "a line goes through two points");
}

std::uint64_t MemoryCurve::bytes(std::uint64_t samples) const {
  std::size_t high = 1;
  while (high + 1 < points_.size() && points_[high].samples < samples) ++high;
  const MemoryPoint& low = points_[high - 1];
  const double beyond = static_cast<double>(samples) - static_cast<double>(low.samples);
  return static_cast<std::uint64_t>(
      std::max(0.0, static_cast<double>(low.bytes) + slope(low, points_[high]) * beyond));
}

double MemoryCurve::bytes_per_sample() const {
  return slope(points_[points_.size() - 2], points_.back());
}

double MemoryCurve::fixed_bytes() const {
  return std::max(0.0, static_cast<double>(points_.back().bytes) -
                           bytes_per_sample() * static_cast<double>(points_.back().samples));
}

std::string_view fit_name(Fit fit) noexcept {
  switch (fit) {
    case Fit::safe:
      return "safe";
    case Fit::tight:
      return "tight";
    case Fit::impossible:
      return "impossible";
  }
  return "unknown";
}

Fit plan_fit(std::uint64_t needed_bytes, const CardMemory& card) {
  const auto usable = static_cast<double>(card.usable_bytes()), needed = static_cast<double>(needed_bytes);
  if (needed <= kSafeShare * usable) return Fit::safe;
  return needed <= usable ? Fit::tight : Fit::impossible;
}

}  // namespace hpctrain::tools
