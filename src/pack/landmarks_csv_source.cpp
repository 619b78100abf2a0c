// Pictures are decoded one at a time, when their turn comes; see landmarks_csv_source.hpp.
#include "pack/landmarks_csv_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/text_format.hpp"
#include "data/shard_format.hpp"
#include "pack/file_digest.hpp"
#include "pack/image_file.hpp"
#include "pack/resample.hpp"

namespace hpctrain::pack {
namespace {

constexpr double kStoredSide = 256;
constexpr double kSideStep = 16;

LandmarkTable read_table_by_splits(const std::filesystem::path& path) {
  LandmarkTable table = read_landmark_table(path);
  std::stable_sort(table.rows.begin(), table.rows.end(),
                   [](const LandmarkRow& a, const LandmarkRow& b) { return a.split < b.split; });
  return table;
}

/// Half a pixel around the centres still belongs to the picture.
bool is_inside(double place, std::uint64_t extent) {
  return place >= -0.5 && place <= static_cast<double>(extent) - 0.5;
}

void require_inside(const LandmarkTable& table, const LandmarkRow& row, ImageSize size) {
  for (std::size_t k = 0; k < row.landmarks.size(); ++k) {
    const auto [x, y] = row.landmarks[k];
    if (std::isnan(x)) continue;
    require(is_inside(x, size.width) && is_inside(y, size.height), Fault::data,
            fmt::format("{}: {} is at ({}, {}), outside {} of {} × {} pixels; see whether the table belongs to this "
                        "picture and counts pixels from 0",
                        table.place(row), table.landmark(k), x, y, row.image, size.width, size.height));
  }
}

}  // namespace

ImageSize plan_stored_size(ImageSize largest) {
  const auto width = static_cast<double>(largest.width), height = static_cast<double>(largest.height);
  const double scale = kStoredSide / std::max(width, height);
  const auto side = [&](double extent) {
    return static_cast<std::uint64_t>(std::max(1.0, std::round(extent * scale / kSideStep)) * kSideStep);
  };
  return {side(width), side(height)};
}

LandmarksCsvSource::LandmarksCsvSource(const SourceSettings& settings)
    : table_(read_table_by_splits(settings.path)),
      spacing_mm_(settings.spacing_mm),
      layout_(plan_layout(settings)),
      record_(layout_) {}

FilmLayout LandmarksCsvSource::plan_layout(const SourceSettings& settings) const {
  FilmLayout layout;
  layout.num_landmarks = table_.num_landmarks;
  if (names_bytes() <= data::kMostNameBytes) layout.landmark_names = table_.names;
  std::vector<ImageSize> sizes;
  ImageSize largest;
  for (const LandmarkRow& row : table_.rows) {
    const ImageHeader header = read_header(row);
    sizes.push_back(header.size);
    require_inside(table_, row, header.size);
    largest = {std::max(largest.width, header.size.width), std::max(largest.height, header.size.height)};
    layout.channels = std::max(layout.channels, header.channels);
  }
  layout.size = settings.size.value_or(plan_stored_size(largest));
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    require_wide_enough(image_path(table_.rows[i]), sizes[i], layout.size, plan_padded(sizes[i], layout.size));
  }
  return layout;
}

ImageHeader LandmarksCsvSource::read_header(const LandmarkRow& row) const {
  try {
    return read_image_header(image_path(row));
  } catch (const Error& error) {
    throw Error(error.fault(), fmt::format("{}: {}", table_.place(row), error.what()));
  }
}

std::filesystem::path LandmarksCsvSource::image_path(const LandmarkRow& row) const {
  return table_.path.parent_path() / row.image;
}

double LandmarksCsvSource::spacing_mm(const LandmarkRow& row) const {
  return row.spacing_mm.value_or(spacing_mm_.value_or(0));
}

std::vector<SourceSplit> LandmarksCsvSource::splits() const {
  std::vector<SourceSplit> splits;
  for (std::size_t s = 0; s < kLandmarkSplits.size(); ++s) {
    const auto count =
        std::count_if(table_.rows.begin(), table_.rows.end(), [&](const LandmarkRow& row) { return row.split == s; });
    if (count > 0) splits.push_back({std::string(kLandmarkSplits[s]), static_cast<std::uint64_t>(count)});
  }
  return splits;
}

std::string LandmarksCsvSource::identity() const {
  Sha256 digest;
  digest.update(fmt::format("landmarks-csv {} x {} x {}, {} landmarks\n", layout_.size.height, layout_.size.width,
                            layout_.channels, table_.num_landmarks));
  for (const std::string& name : table_.names) digest.update(fmt::format("landmark {}\n", name));
  for (const LandmarkRow& row : table_.rows) {
    digest.update(fmt::format("{} {} {} {}\n", kLandmarkSplits[row.split], spacing_mm(row),
                              digest_of_file(image_path(row)), row.image));
    for (const auto& [x, y] : row.landmarks) digest.update(fmt::format("{} {}\n", x, y));
  }
  return digest.hex();
}

std::string LandmarksCsvSource::note() const {
  if (names_bytes() <= data::kMostNameBytes) return {};
  return fmt::format("left out the names of the landmarks, {} of which {} fit: they stand in the table's order",
                     format_bytes(names_bytes()), format_bytes(data::kMostNameBytes));
}

std::uint64_t LandmarksCsvSource::names_bytes() const {
  std::uint64_t bytes = 0;
  for (const std::string& name : table_.names) bytes += name.size() + 1;
  return bytes;
}

void LandmarksCsvSource::read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) const {
  require_invariant(record < table_.rows.size(), "a record lies inside its source");
  const LandmarkRow& row = table_.rows[record];
  record_.write({read_image_file(image_path(row)), spacing_mm(row), {row.landmarks}}, rows);
}

std::optional<Film> LandmarksCsvSource::find_annotations(const std::filesystem::path& picture) const {
  std::optional<Film> found;
  for (const LandmarkRow& row : table_.rows) {
    if (image_path(row).filename() != picture.filename()) continue;
    if (found) return std::nullopt;
    found = Film{{}, spacing_mm(row), {row.landmarks}};
  }
  return found;
}

}  // namespace hpctrain::pack
