// The cumulative error curve of landmarks: which share of points lies within each distance of the truth.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "tasks/landmark_predictions.hpp"

namespace hpctrain::tools {

class ErrorCurve {
 public:
  explicit ErrorCurve(std::size_t landmarks) : landmarks_(landmarks) {}

  /// Points without a truth do not count.
  void add(const tasks::LandmarkPrediction& prediction);

  /// This rank's counts become those of all ranks.
  ///   collective  all ranks of `group`
  void sum_over(comm::Communicator& group);

  /// "radius_mm,all,NAME…" and a line for each radius from 0.25 to 10 in steps of 0.25: the share, 0–1, of points whose
  /// error is at most so large. "radius_px" where not every point's spacing is known; cells of landmarks without any
  /// point are empty.
  std::string csv(const std::vector<std::string>& names) const;

 private:
  static constexpr std::size_t kRadii = 40;
  static constexpr double kStep = 0.25;
  /// Points within each radius, then all points.
  using Counts = std::array<double, kRadii + 1>;
  struct Landmark {
    Counts mm{};
    Counts px{};
  };

  static void count(Counts& counts, double error);
  static std::string cell(double hits, double points);

  std::vector<Landmark> landmarks_;
};

}  // namespace hpctrain::tools
