// The additive score of landmark errors, and the metrics and tables made from its sum: MRE, SD, SDR, overall and per
// landmark, in millimetres where every sample's spacing is known, else in original pixels. Knows no data set.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/settings.hpp"

namespace hpctrain::tasks {

/// "mean of the doctors", …
std::string_view truth_name(Truth truth);

/// Errors up to these count as successes, the bound itself included.
inline constexpr std::array kSuccessRadii = {2.0, 2.5, 3.0, 4.0};
/// Spacings are float32: 20 pixels of "0.1 mm" are 2.00000003 mm, and count as 2.0.
inline constexpr double kBoundIncluded = 1 + 1e-6;

/// One micro-batch's errors in original pixels.
struct LandmarkErrors {
  torch::Tensor radial;    ///< [N, K], NaN where there is nothing to compare with
  torch::Tensor doctors;   ///< [N, K] distance between the two doctors, NaN where there are not two
  torch::Tensor mm;        ///< [N] millimetres per original pixel, 0 = unknown
  torch::Tensor loss_sum;  ///< scalar
};

/// Layout: [samples, loss sum, samples of known spacing], then K × kSumsPerLandmark in millimetres (samples of known
/// spacing only), then the same in pixels (all samples).
std::int64_t landmark_score_width(std::int64_t landmarks) noexcept;

///   shapes  [landmark_score_width(K)] float64 on the device of `errors`
torch::Tensor landmark_score(const LandmarkErrors& errors);

struct LandmarkStatistics {
  double count = 0;      ///< points compared
  double mean = 0;       ///< MRE
  double deviation = 0;  ///< SD of the radial errors, n − 1 below the line; 0 for a single point
  std::array<double, kSuccessRadii.size()> success_rates{};  ///< SDR, 0–1, one per kSuccessRadii
  double doctors_count = 0;
  double doctors_mean = 0;  ///< mean distance between the two doctors
};

struct LandmarkReport {
  bool is_in_mm = false;
  double samples = 0;
  double loss = 0;                            ///< mean of the samples'
  LandmarkStatistics overall;                 ///< over all points
  std::vector<LandmarkStatistics> landmarks;  ///< [K]

  std::string_view unit() const noexcept { return is_in_mm ? "mm" : "px"; }
  /// About what a reader without any error scores against `truth`, because the doctors err themselves: half the
  /// distance between them against their mean, 1/√2 of it against one of them. 0 without two doctors.
  ///   source  two independent errors of equal spread: their mean has half the spread of their difference
  double noise_floor(Truth truth) const noexcept;
  /// loss, mre_mm, sd_mm, sdr_2_0 …; without known spacing mre_px, sd_px, sdr_2_0_px …; where two doctors annotated,
  /// doctors_mm and noise_floor_mm (or _px). The loss alone where no point of the split was annotated.
  std::map<std::string, double> metrics(Truth truth) const;
  /// One line per landmark. `truth` says whose points were compared with; missing names become L1, L2, …
  std::string table(std::span<const std::string> names, std::string_view truth) const;
};

/// `score` as a sum over any number of landmark_score results, on the host.
LandmarkReport landmark_report(std::span<const double> score);

}  // namespace hpctrain::tasks
