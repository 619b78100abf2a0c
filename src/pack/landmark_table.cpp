#include "pack/landmark_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include "core/error.hpp"
#include "pack/csv_file.hpp"
#include "pack/landmark_columns.hpp"

namespace hpctrain::pack {
namespace {

std::optional<double> parse_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// Reads the cells of one row after the other.
class RowReader {
 public:
  RowReader(const LandmarkTable& table, const LandmarkColumns& columns) : table_(table), columns_(columns) {}

  LandmarkRow read(const CsvRow& csv) {
    LandmarkRow row;
    row.line = csv.line;
    if (csv.cells.size() != columns_.count) {
      fail(row, fmt::format("has {} cells, the first line {}", csv.cells.size(), columns_.count),
           "write one for each column");
    }
    row.image = csv.cells[columns_.image];
    if (row.image.empty()) fail(row, "names no picture", "fill in column \"image\"");
    if (columns_.split) read_split(row, csv.cells[*columns_.split]);
    if (columns_.spacing_mm) read_spacing(row, csv.cells[*columns_.spacing_mm]);
    for (std::size_t k = 0; k < columns_.landmarks.size(); ++k) {
      const auto& [name, x, y] = columns_.landmarks[k];
      row.landmarks.push_back(read_point(row, k, csv.cells[x], csv.cells[y]));
    }
    return row;
  }

 private:
  void read_split(LandmarkRow& row, const std::string& text) const {
    if (text.empty()) return;
    const auto found = std::find(kLandmarkSplits.begin(), kLandmarkSplits.end(), text);
    if (found == kLandmarkSplits.end()) {
      fail(row, fmt::format("split \"{}\" is unknown", text),
           fmt::format("write one of {}", fmt::join(kLandmarkSplits, ", ")));
    }
    row.split = static_cast<std::size_t>(found - kLandmarkSplits.begin());
  }

  void read_spacing(LandmarkRow& row, const std::string& text) const {
    if (text.empty()) return;
    row.spacing_mm = parse_number(text);
    if (!row.spacing_mm || !is_spacing(*row.spacing_mm)) {
      fail(row, fmt::format("spacing_mm is \"{}\"", text),
           fmt::format("write millimetres from {} to {}, or nothing where it is not known", kLeastSpacing,
                       kMostSpacing));
    }
  }

  Point read_point(const LandmarkRow& row, std::size_t number, const std::string& x, const std::string& y) const {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    if (x.empty() && y.empty()) return {kNone, kNone};
    const std::string landmark = table_.landmark(number);
    if (x.empty() || y.empty()) {
      fail(row, fmt::format("{} has {} only", landmark, x.empty() ? "y" : "x"),
           "write both, or neither where it is not annotated");
    }
    const std::optional<double> across = parse_number(x), down = parse_number(y);
    if (!across || !down) {
      fail(row, fmt::format("{} is at \"{}\", which is no number", landmark, across ? y : x),
           "write pixels with a decimal point, or nothing where it is not annotated");
    }
    return {*across, *down};
  }

  [[noreturn]] void fail(const LandmarkRow& row, const std::string& finding, const std::string& cure) const {
    throw Error(Fault::data, fmt::format("{}: {}; {}", table_.place(row), finding, cure));
  }

  const LandmarkTable& table_;
  const LandmarkColumns& columns_;
};

void require_distinct_images(const LandmarkTable& table) {
  std::map<std::string, std::uint64_t> lines;
  for (const LandmarkRow& row : table.rows) {
    const auto [entry, is_new] = lines.emplace(std::filesystem::path(row.image).lexically_normal().string(), row.line);
    require(is_new, Fault::data,
            fmt::format("{}: picture {} stands in line {} already; give each picture one line", table.place(row),
                        row.image, entry->second));
  }
}

}  // namespace

std::string LandmarkTable::place(const LandmarkRow& row) const {
  return fmt::format("{} line {}", path.string(), row.line);
}

std::string LandmarkTable::landmark(std::size_t number) const {
  return names.empty() ? fmt::format("landmark {}", number + 1) : fmt::format("landmark {}", names[number]);
}

LandmarkTable read_landmark_table(const std::filesystem::path& path) {
  CsvReader reader(path);
  CsvRow csv;
  require(reader.read_row(csv), Fault::data,
          fmt::format("{}: is empty; give a table with a line for each picture", path.string()));
  const LandmarkColumns columns = plan_landmark_columns(csv.cells, reader.place(csv));
  LandmarkTable table;
  table.path = path;
  table.num_landmarks = columns.landmarks.size();
  for (const LandmarkColumns::Pair& pair : columns.landmarks) {
    if (!pair.name.empty()) table.names.push_back(pair.name);
  }
  RowReader rows(table, columns);
  while (reader.read_row(csv)) table.rows.push_back(rows.read(csv));
  require(!table.rows.empty(), Fault::data,
          fmt::format("{}: has no line below its first; add one for each picture", path.string()));
  require_distinct_images(table);
  return table;
}

}  // namespace hpctrain::pack
