// Predicted landmarks as CSV lines and as marks of an overlay.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/landmarks.hpp"
#include "tools/overlay.hpp"

namespace hpctrain::tools {

/// "image,landmark,name,x,y,confidence,truth_x,truth_y,error_px,error_mm\n"; coordinates in original pixels.
std::string landmark_csv_header();

/// One line per landmark; cells of what is not known are empty. `image` and names are quoted where they must be.
std::string landmark_csv_lines(std::string_view image, const tasks::LandmarkPrediction& prediction,
                               const std::vector<std::string>& names);

/// A cell as RFC 4180 wants it.
std::string csv_cell(std::string_view text);

enum class OverlayFrame { original, stored };

/// Marks in pixels of the original or of the stored picture, labelled "L7 1.3 mm".
std::vector<OverlayMark> landmark_marks(const tasks::LandmarkPrediction& prediction, OverlayFrame frame);

}  // namespace hpctrain::tools
