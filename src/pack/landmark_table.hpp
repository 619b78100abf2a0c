// A table of pictures and their landmarks, as the kind landmarks-csv takes it. Opens no picture.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pack/film_record.hpp"

namespace hpctrain::pack {

struct LandmarkRow {
  std::uint64_t line = 0;
  std::string image;      ///< as the cell says
  std::size_t split = 0;  ///< place in kLandmarkSplits
  std::optional<double> spacing_mm;
  std::vector<Point> landmarks;  ///< pixels of the picture
};

struct LandmarkTable {
  std::filesystem::path path;
  std::uint64_t num_landmarks = 0;
  std::vector<std::string> names;  ///< empty where the columns are numbered
  std::vector<LandmarkRow> rows;

  /// "table.csv line 3"
  std::string place(const LandmarkRow& row) const;
  /// "sella", or "landmark 3"
  std::string landmark(std::size_t number) const;
};

inline constexpr std::array<std::string_view, 5> kLandmarkSplits{"train", "validation", "test", "test1", "test2"};

/// Columns in any order: `image`; for each landmark `x1` and `y1` … `xK` and `yK`, or `NAME_x` and `NAME_y`; where
/// wanted `spacing_mm`, `split`. An empty pair of cells is a landmark that was not annotated.
///   errors  Fault::data naming the line: columns missing, twice, unknown or of both manners; a row of another number
///           of cells, half a landmark, no number, spacing outside kLeastSpacing and kMostSpacing, an unknown split, a
///           picture twice; no rows
LandmarkTable read_landmark_table(const std::filesystem::path& path);

}  // namespace hpctrain::pack
