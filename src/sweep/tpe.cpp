#include "sweep/tpe.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <utility>

namespace hpctrain::sweep {
namespace {

using config::Axis;

constexpr std::size_t kRandomTrials = 10;
constexpr std::size_t kMostGoodTrials = 25;
constexpr int kCandidates = 24;
constexpr std::uint32_t kTpePoint = 0x7470655f;
constexpr double kMiddle = 0.5;

/// A mixture of normal densities cut to [0, 1]: one at each observation, as wide as it is far from its neighbours, and
/// one as wide as the axis at the middle, the prior.
class ParzenEstimator {
 public:
  explicit ParzenEstimator(std::vector<double> places) {
    std::vector<double> centres = std::move(places);
    std::sort(centres.begin(), centres.end());
    const auto prior = centres.insert(std::lower_bound(centres.begin(), centres.end(), kMiddle), kMiddle);
    const auto prior_place = static_cast<std::size_t>(prior - centres.begin());
    const double narrowest = 1.0 / std::min(100.0, 1.0 + static_cast<double>(centres.size()));
    for (std::size_t i = 0; i < centres.size(); ++i) {
      const double left = i == 0 ? centres[i] : centres[i] - centres[i - 1];
      const double right = i + 1 == centres.size() ? 1 - centres[i] : centres[i + 1] - centres[i];
      const double width = i == prior_place ? 1.0 : std::clamp(std::max(left, right), narrowest, 1.0);
      kernels_.push_back({centres[i], width});
    }
  }

  double draw(CounterStream& stream) const {
    const Kernel& kernel = kernels_[stream.below(kernels_.size())];
    for (int attempt = 0; attempt < 100; ++attempt) {
      const double place = kernel.centre + kernel.width * stream.normal();
      if (place >= 0 && place <= 1) return place;
    }
    return kernel.centre;
  }

  double log_density(double place) const {
    double sum = 0;
    for (const auto& [centre, width] : kernels_) {
      const double inside = normal_share((1 - centre) / width) - normal_share(-centre / width);
      const double distance = (place - centre) / width;
      sum += std::exp(-0.5 * distance * distance) / (width * std::sqrt(2 * std::numbers::pi) * inside);
    }
    return std::log(sum / static_cast<double>(kernels_.size()));
  }

 private:
  struct Kernel {
    double centre;
    double width;
  };
  static double normal_share(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

  std::vector<Kernel> kernels_;
};

using Observations = std::vector<Observation>;

std::string propose_in_range(const Axis& axis, std::size_t index, const Observations& sorted, std::size_t good,
                             CounterStream& stream) {
  std::vector<double> good_places;
  std::vector<double> bad_places;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    (i < good ? good_places : bad_places).push_back(place_of(axis, sorted[i].parameters[index].second));
  }
  const ParzenEstimator likely(std::move(good_places));
  const ParzenEstimator unlikely(std::move(bad_places));
  double best_place = kMiddle;
  double best_gain = -std::numeric_limits<double>::infinity();
  for (int candidate = 0; candidate < kCandidates; ++candidate) {
    const double place = likely.draw(stream);
    const double gain = likely.log_density(place) - unlikely.log_density(place);
    if (gain > best_gain) best_place = place;
    best_gain = std::max(best_gain, gain);
  }
  return value_at(axis, best_place);
}

/// Place in the axis's values.
std::size_t propose_choice(const Axis& axis, std::size_t index, const Observations& sorted, std::size_t good,
                           CounterStream& stream) {
  std::vector<double> likely(axis.values.size(), 1.0);
  std::vector<double> unlikely(axis.values.size(), 1.0);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto found = std::find(axis.values.begin(), axis.values.end(), sorted[i].parameters[index].second);
    (i < good ? likely : unlikely)[static_cast<std::size_t>(found - axis.values.begin())] += 1;
  }
  const double weight = static_cast<double>(good + axis.values.size());
  std::size_t best = 0;
  double best_gain = -1;
  for (int candidate = 0; candidate < kCandidates; ++candidate) {
    double rest = stream.uniform() * weight;
    std::size_t choice = 0;
    while (choice + 1 < likely.size() && (rest -= likely[choice]) >= 0) ++choice;
    const double gain = likely[choice] / unlikely[choice];
    if (gain > best_gain) best = choice;
    best_gain = std::max(best_gain, gain);
  }
  return best;
}

/// Axes may have been narrowed since: what they cannot take any more says nothing about what they can.
bool is_within(const Space& space, const Observation& observation) {
  if (observation.parameters.size() != space.axes.size()) return false;
  for (std::size_t i = 0; i < space.axes.size(); ++i) {
    if (!can_take(space.axes[i], observation.parameters[i].second)) return false;
  }
  return true;
}

}  // namespace

Parameters propose_tpe(const Space& space, Observations observations, std::uint64_t seed, std::uint64_t number) {
  Parameters point = draw_random(space, seed, number);
  std::erase_if(observations, [&](const Observation& o) { return !is_within(space, o); });
  if (observations.size() < kRandomTrials) return point;
  std::stable_sort(observations.begin(), observations.end(),
                   [](const Observation& a, const Observation& b) { return a.loss < b.loss; });
  const std::size_t good = std::min(kMostGoodTrials, (observations.size() + 9) / 10);
  CounterStream stream(seed, 0, number, kTpePoint);
  std::optional<std::size_t> paired_place;
  for (std::size_t i = 0; i < space.axes.size(); ++i) {
    const Axis& axis = space.axes[i];
    if (axis.range) {
      point[i].second = propose_in_range(axis, i, observations, good, stream);
      continue;
    }
    const bool follows = is_paired(space, axis) && paired_place.has_value();
    const std::size_t place = follows ? *paired_place : propose_choice(axis, i, observations, good, stream);
    if (is_paired(space, axis)) paired_place = place;
    point[i].second = axis.values[place];
  }
  return point;
}

}  // namespace hpctrain::sweep
