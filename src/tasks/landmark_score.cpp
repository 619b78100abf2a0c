#include "tasks/landmark_score.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.hpp"

namespace hpctrain::tasks {
namespace {

constexpr std::size_t kHeader = 3;
constexpr std::size_t kRadii = kSuccessRadii.size();
/// count, Σ error, Σ error², hits per radius, doctors' count, Σ doctors' distance
constexpr std::size_t kSumsPerLandmark = 3 + kRadii + 2;
using Sums = std::array<double, kSumsPerLandmark>;

/// shapes  radial, doctors [N, K] float64 → [K · kSumsPerLandmark]
torch::Tensor landmark_sums(const torch::Tensor& radial, const torch::Tensor& doctors) {
  const auto is_scored = radial.isfinite();
  const auto errors = radial.masked_fill(~is_scored, 0);
  const auto has_doctors = doctors.isfinite();
  std::vector<torch::Tensor> columns = {is_scored.sum(0), errors.sum(0), errors.square().sum(0)};
  for (const double radius : kSuccessRadii) columns.push_back((is_scored & errors.le(radius * kBoundIncluded)).sum(0));
  columns.push_back(has_doctors.sum(0));
  columns.push_back(doctors.masked_fill(~has_doctors, 0).sum(0));
  for (auto& column : columns) column = column.to(torch::kFloat64);
  return torch::stack(columns, 1).flatten();
}

LandmarkStatistics statistics_of(const Sums& sums) {
  LandmarkStatistics statistics;
  const double count = sums[0];
  statistics.count = count;
  if (count > 0) statistics.mean = sums[1] / count;
  // Rounding may leave a tiny negative number where all errors are equal.
  if (count > 1)
    statistics.deviation =
        std::sqrt(std::max(0.0, (sums[2] - count * statistics.mean * statistics.mean) / (count - 1)));
  for (std::size_t i = 0; i < kRadii && count > 0; ++i) statistics.success_rates[i] = sums[3 + i] / count;
  statistics.doctors_count = sums[3 + kRadii];
  if (statistics.doctors_count > 0) statistics.doctors_mean = sums[4 + kRadii] / statistics.doctors_count;
  return statistics;
}

/// "sdr_2_5"
std::string success_rate_name(double radius) {
  std::string name = fmt::format("sdr_{:.1f}", radius);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

std::string table_line(std::string_view name, const LandmarkStatistics& statistics) {
  std::string line =
      fmt::format("{:<26} {:>6.0f} {:>8.3f} {:>8.3f}", name, statistics.count, statistics.mean, statistics.deviation);
  for (const double rate : statistics.success_rates) line += fmt::format(" {:>7.2f}", 100 * rate);
  if (statistics.doctors_count > 0) line += fmt::format(" {:>8.3f}", statistics.doctors_mean);
  return line + '\n';
}

}  // namespace

std::string_view truth_name(Truth truth) {
  switch (truth) {
    case Truth::mean:
      return "mean of the doctors";
    case Truth::junior:
      return "junior doctor";
    case Truth::senior:
      return "senior doctor";
  }
  throw Error(Fault::bug, "an unknown truth was asked for");
}

std::int64_t landmark_score_width(std::int64_t landmarks) noexcept {
  return static_cast<std::int64_t>(kHeader) + 2 * landmarks * static_cast<std::int64_t>(kSumsPerLandmark);
}

torch::Tensor landmark_score(const LandmarkErrors& errors) {
  const auto radial = errors.radial.to(torch::kFloat64);
  const auto doctors = errors.doctors.to(torch::kFloat64);
  const auto mm = errors.mm.to(torch::kFloat64);
  const auto is_known = mm.gt(0);
  const auto factor = mm.masked_fill(~is_known, NAN).unsqueeze(1);
  const auto header = torch::stack({torch::full({}, radial.size(0), radial.options()),
                                    errors.loss_sum.to(torch::kFloat64), is_known.sum().to(torch::kFloat64)});
  return torch::cat({header, landmark_sums(radial * factor, doctors * factor), landmark_sums(radial, doctors)});
}

LandmarkReport landmark_report(std::span<const double> score) {
  const std::size_t landmarks = (score.size() - kHeader) / (2 * kSumsPerLandmark);
  require_invariant(
      static_cast<std::int64_t>(score.size()) == landmark_score_width(static_cast<std::int64_t>(landmarks)),
      "a landmark score has the width of its landmarks");
  LandmarkReport report;
  report.samples = score[0];
  report.loss = score[0] > 0 ? score[1] / score[0] : 0;
  report.is_in_mm = score[0] > 0 && score[2] == score[0];
  const auto block = score.subspan(kHeader + (report.is_in_mm ? 0 : landmarks * kSumsPerLandmark));
  Sums total{};
  for (std::size_t k = 0; k < landmarks; ++k) {
    Sums sums{};
    std::copy_n(block.begin() + static_cast<std::ptrdiff_t>(k * kSumsPerLandmark), kSumsPerLandmark, sums.begin());
    for (std::size_t i = 0; i < kSumsPerLandmark; ++i) total[i] += sums[i];
    report.landmarks.push_back(statistics_of(sums));
  }
  report.overall = statistics_of(total);
  return report;
}

double LandmarkReport::noise_floor(Truth truth) const noexcept {
  return overall.doctors_mean * (truth == Truth::mean ? 0.5 : std::numbers::sqrt2 / 2);
}

std::map<std::string, double> LandmarkReport::metrics(Truth truth) const {
  std::map<std::string, double> named = {{"loss", loss}};
  if (overall.count == 0) return named;
  named[fmt::format("mre_{}", unit())] = overall.mean;
  named[fmt::format("sd_{}", unit())] = overall.deviation;
  for (std::size_t i = 0; i < kRadii; ++i) {
    named[success_rate_name(kSuccessRadii[i]) + (is_in_mm ? "" : "_px")] = overall.success_rates[i];
  }
  if (overall.doctors_count > 0) {
    named[fmt::format("doctors_{}", unit())] = overall.doctors_mean;
    named[fmt::format("noise_floor_{}", unit())] = noise_floor(truth);
  }
  return named;
}

std::string LandmarkReport::table(std::span<const std::string> names, std::string_view truth) const {
  std::string text = fmt::format("truth: {}; radial errors at original size in {}\n", truth,
                                 is_in_mm ? "mm" : "pixels (not every sample's spacing in mm is known)");
  text += fmt::format("{:<26} {:>6} {:>8} {:>8}", "landmark", "points", "MRE", "SD");
  for (const double radius : kSuccessRadii) text += fmt::format(" {:>7}", fmt::format("≤{:.1f} %", radius));
  if (overall.doctors_count > 0) text += fmt::format(" {:>8}", "doctors");
  text += '\n';
  for (std::size_t k = 0; k < landmarks.size(); ++k) {
    text += table_line(k < names.size() ? names[k] : fmt::format("L{}", k + 1), landmarks[k]);
  }
  return text + table_line("all", overall);
}

}  // namespace hpctrain::tasks
