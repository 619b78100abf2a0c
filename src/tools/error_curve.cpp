#include "tools/error_curve.hpp"

#include <fmt/format.h>

#include "tasks/landmark_score.hpp"
#include "tools/landmark_tables.hpp"

namespace hpctrain::tools {

void ErrorCurve::count(Counts& counts, double error) {
  for (std::size_t i = 0; i < kRadii; ++i) {
    if (error <= kStep * static_cast<double>(i + 1) * tasks::kBoundIncluded) counts[i] += 1;
  }
  counts[kRadii] += 1;
}

void ErrorCurve::add(const tasks::LandmarkPrediction& prediction) {
  for (std::size_t k = 0; k < landmarks_.size(); ++k) {
    const auto& point = prediction.points.at(k);
    if (point.error_mm) count(landmarks_[k].mm, *point.error_mm);
    if (point.error_px) count(landmarks_[k].px, *point.error_px);
  }
}

void ErrorCurve::sum_over(comm::Communicator& group) {
  std::vector<double> sums;
  for (const auto& landmark : landmarks_) {
    sums.insert(sums.end(), landmark.mm.begin(), landmark.mm.end());
    sums.insert(sums.end(), landmark.px.begin(), landmark.px.end());
  }
  group.all_reduce({sums.data(), sums.size(), comm::ElementType::f64}, comm::ReduceOp::sum);
  auto next = sums.begin();
  for (auto& landmark : landmarks_) {
    for (auto* counts : {&landmark.mm, &landmark.px}) {
      for (double& sum : *counts) sum = *next++;
    }
  }
}

std::string ErrorCurve::cell(double hits, double points) {
  return points > 0 ? fmt::format("{:.6f}", hits / points) : std::string();
}

std::string ErrorCurve::csv(const std::vector<std::string>& names) const {
  bool is_in_mm = true;
  for (const auto& landmark : landmarks_) is_in_mm = is_in_mm && landmark.mm[kRadii] == landmark.px[kRadii];
  std::string text = is_in_mm ? "radius_mm,all" : "radius_px,all";
  for (const auto& name : names) text += "," + csv_cell(name);
  text += '\n';
  for (std::size_t i = 0; i < kRadii; ++i) {
    double hits = 0, points = 0;
    std::string cells;
    for (const auto& landmark : landmarks_) {
      const Counts& counts = is_in_mm ? landmark.mm : landmark.px;
      hits += counts[i];
      points += counts[kRadii];
      cells += "," + cell(counts[i], counts[kRadii]);
    }
    text += fmt::format("{:.2f},{}{}\n", kStep * static_cast<double>(i + 1), cell(hits, points), cells);
  }
  return text;
}

}  // namespace hpctrain::tools
