#include "pack/landmark_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "pack/utf8.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::string_view kExpected = "image, x1, y1, … or NAME_x, NAME_y, …, spacing_mm, split";

/// One coordinate's column: of a landmark by number, from 1, or by name.
struct Coordinate {
  std::string name;
  std::uint64_t number = 0;
  bool is_y = false;
};

std::optional<Coordinate> parse_coordinate(const std::string& column) {
  if (column.size() < 2) return std::nullopt;
  if (column.ends_with("_x") || column.ends_with("_y")) {
    if (column.size() == 2) return std::nullopt;
    return Coordinate{column.substr(0, column.size() - 2), 0, column.back() == 'y'};
  }
  if (column[0] != 'x' && column[0] != 'y') return std::nullopt;
  Coordinate coordinate{"", 0, column[0] == 'y'};
  const char* end = column.data() + column.size();
  const auto [stop, error] = std::from_chars(column.data() + 1, end, coordinate.number);
  if (error != std::errc() || stop != end || coordinate.number == 0) return std::nullopt;
  return coordinate;
}

class ColumnPlanner {
 public:
  explicit ColumnPlanner(const std::string& place) : place_(place) {}

  void add(std::size_t position, const std::string& column) {
    if (std::any_of(column.begin(), column.end(), [](unsigned char c) { return c < ' ' || c == 127; })) {
      fail(fmt::format("column {} has a control character in its name", position + 1), "rename it");
    }
    if (!is_utf8(column)) {
      fail(fmt::format("column {} has a name that is no UTF-8", position + 1), "save the table as UTF-8");
    }
    if (column == "image") return claim(image_, position, column);
    if (column == "spacing_mm") return claim(spacing_mm_, position, column);
    if (column == "split") return claim(split_, position, column);
    const std::optional<Coordinate> coordinate = parse_coordinate(column);
    if (!coordinate) fail(fmt::format("column \"{}\" is unknown", column), fmt::format("name columns {}", kExpected));
    const std::pair key{coordinate->number, coordinate->name};
    if (!pairs_.contains(key)) order_.push_back(key);
    auto& [x, y] = pairs_[key];
    claim(coordinate->is_y ? y : x, position, column);
  }

  LandmarkColumns result(std::size_t count) {
    if (!image_) fail("has no column \"image\"", fmt::format("name the columns {}", kExpected));
    if (pairs_.empty()) fail("has no columns of landmarks", fmt::format("name them {}", kExpected));
    LandmarkColumns columns{count, *image_, spacing_mm_, split_, {}};
    const bool is_numbered = order_[0].first != 0;
    if (is_numbered) std::sort(order_.begin(), order_.end());
    std::uint64_t expected = 0;
    for (const auto& [number, name] : order_) {
      if ((number != 0) != is_numbered) fail("both numbers and names its landmarks", "do one of them");
      if (is_numbered && number != ++expected) fail(fmt::format("has no columns x{0}, y{0}", expected), "add them");
      const auto& [x, y] = pairs_[{number, name}];
      const std::string landmark = is_numbered ? fmt::format("number {}", number) : name;
      if (!x || !y) fail(fmt::format("has no {} column of landmark {}", x ? "y" : "x", landmark), "add it");
      columns.landmarks.push_back({name, *x, *y});
    }
    return columns;
  }

 private:
  void claim(std::optional<std::size_t>& place, std::size_t position, const std::string& column) {
    if (place) fail(fmt::format("has column \"{}\" twice", column), "remove one");
    place = position;
  }
  [[noreturn]] void fail(const std::string& finding, const std::string& cure) const {
    throw Error(Fault::data, fmt::format("{}: {}; {}", place_, finding, cure));
  }

  std::string place_;
  std::optional<std::size_t> image_, spacing_mm_, split_;
  std::map<std::pair<std::uint64_t, std::string>, std::pair<std::optional<std::size_t>, std::optional<std::size_t>>>
      pairs_;
  std::vector<std::pair<std::uint64_t, std::string>> order_;
};

}  // namespace

LandmarkColumns plan_landmark_columns(const std::vector<std::string>& names, const std::string& place) {
  require(names.size() != 1 || names[0].find_first_of(";\t") == std::string::npos, Fault::data,
          fmt::format("{}: cells are not separated by commas; save the table with commas", place));
  ColumnPlanner planner(place);
  for (std::size_t i = 0; i < names.size(); ++i) planner.add(i, names[i]);
  return planner.result(names.size());
}

}  // namespace hpctrain::pack
