#include "tools/landmark_tables.hpp"

#include <fmt/format.h>

#include <optional>

namespace hpctrain::tools {
namespace {

std::string optional_cell(const std::optional<double>& value) {
  return value ? fmt::format("{:.4f}", *value) : std::string();
}

std::string label_of(std::size_t landmark, const tasks::PredictedPoint& point) {
  auto label = fmt::format("L{}", landmark + 1);
  if (point.error_mm) return label + fmt::format(" {:.1f} mm", *point.error_mm);
  if (point.error_px) return label + fmt::format(" {:.1f} px", *point.error_px);
  return label;
}

}  // namespace

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string landmark_csv_header() {
  return "image,landmark,name,x,y,confidence,truth_x,truth_y,error_px,error_mm\n";
}

std::string landmark_csv_lines(std::string_view image, const tasks::LandmarkPrediction& prediction,
                               const std::vector<std::string>& names) {
  std::string lines;
  for (std::size_t k = 0; k < prediction.points.size(); ++k) {
    const auto& point = prediction.points[k];
    lines += fmt::format("{},{},{},{:.4f},{:.4f},{:.4f},{},{},{},{}\n", csv_cell(image), k + 1, csv_cell(names.at(k)),
                         point.x_px, point.y_px, point.confidence, optional_cell(point.truth_x_px),
                         optional_cell(point.truth_y_px), optional_cell(point.error_px), optional_cell(point.error_mm));
  }
  return lines;
}

std::vector<OverlayMark> landmark_marks(const tasks::LandmarkPrediction& prediction, OverlayFrame frame) {
  const auto place = [&](double x, double y) -> OverlayPoint {
    if (frame == OverlayFrame::original) return {x, y};
    return {x * prediction.scale + prediction.offset_x, y * prediction.scale + prediction.offset_y};
  };
  std::vector<OverlayMark> marks;
  for (std::size_t k = 0; k < prediction.points.size(); ++k) {
    const auto& point = prediction.points[k];
    OverlayMark mark{.prediction = place(point.x_px, point.y_px), .label = label_of(k, point)};
    if (point.truth_x_px && point.truth_y_px) mark.truth = place(*point.truth_x_px, *point.truth_y_px);
    marks.push_back(std::move(mark));
  }
  return marks;
}

}  // namespace hpctrain::tools
