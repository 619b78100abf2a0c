#include "tools/memory_forecast.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "train/shard_plan.hpp"

namespace hpctrain::tools {
namespace {

constexpr double kSafeShare = 0.85;

}  // namespace

StateBytes plan_state_bytes(const train::TrainSettings& train, const train::OptimizerSettings& optimizer,
                            std::uint64_t parameters, std::uint64_t parameter_tensors) {
  const train::ShardSize whole{static_cast<std::int64_t>(parameters), static_cast<std::int64_t>(parameter_tensors)};
  const auto kept = [&](bool has_average) {
    return static_cast<std::uint64_t>(train::plan_optimizer_bytes(optimizer, has_average, whole, sizeof(float)));
  };
  StateBytes bytes;
  bytes.parameters = parameters * sizeof(float);
  bytes.gradients = bytes.parameters;
  bytes.optimizer = kept(false);
  if (train.ema_decay) bytes.average = kept(true) - bytes.optimizer;
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
      std::max(0.0, static_cast<double>(low.bytes) + train::bytes_per_sample(low, points_[high]) * beyond));
}

double MemoryCurve::bytes_per_sample() const {
  return train::bytes_per_sample(points_[points_.size() - 2], points_.back());
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
