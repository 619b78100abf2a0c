// Which column of a table of landmarks means what.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace hpctrain::pack {

struct LandmarkColumns {
  struct Pair {
    std::string name;  ///< empty where the columns are numbered
    std::size_t x = 0;
    std::size_t y = 0;
  };
  std::size_t count = 0;
  std::size_t image = 0;
  std::optional<std::size_t> spacing_mm;
  std::optional<std::size_t> split;
  std::vector<Pair> landmarks;  ///< by number, or as their x stand in the table
};

/// `place` says where the names stand.
///   errors  Fault::data, starting with `place`: as read_landmark_table
LandmarkColumns plan_landmark_columns(const std::vector<std::string>& names, const std::string& place);

}  // namespace hpctrain::pack
