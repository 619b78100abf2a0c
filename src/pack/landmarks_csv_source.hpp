// Pictures with landmarks, listed in a table, as a Source: fields as FilmRecord has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pack/film_record.hpp"
#include "pack/film_source.hpp"
#include "pack/landmark_table.hpp"
#include "pack/source.hpp"
#include "pack/source_kind.hpp"

namespace hpctrain::pack {

/// `largest` (width and height of the largest pictures) shrunk or grown until its longer side has 256 pixels, both
/// sides rounded to multiples of 16, which heatmap networks need.
ImageSize plan_stored_size(ImageSize largest);

class LandmarksCsvSource final : public FilmSource {
 public:
  /// Reads the table and the header of every picture; where their paths are not absolute they start at the table.
  ///   errors  as read_landmark_table and read_image_header, naming the line
  ///           Fault::data: a landmark outside its picture, a picture that would be stored less than a pixel wide
  explicit LandmarksCsvSource(const SourceSettings& settings);

  std::string kind() const override { return "landmarks-csv"; }
  std::vector<data::FieldSchema> fields() const override { return record_.fields(); }
  std::vector<SourceSplit> splits() const override;
  /// Reads every file.
  std::string identity() const override;
  std::string note() const override;
  void read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) const override;
  std::optional<Film> find_annotations(const std::filesystem::path& picture) const override;

 private:
  std::uint64_t names_bytes() const;
  std::filesystem::path image_path(const LandmarkRow& row) const;
  FilmLayout plan_layout(const SourceSettings& settings) const;
  ImageHeader read_header(const LandmarkRow& row) const;
  double spacing_mm(const LandmarkRow& row) const;

  LandmarkTable table_;  // rows split by split, in the table's order within each
  std::optional<double> spacing_mm_;
  FilmLayout layout_;
  FilmRecord record_;
};

}  // namespace hpctrain::pack
