// The cephalograms of the ISBI 2015 challenge as a Source: splits train, test1 and test2, nineteen landmarks by two
// doctors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pack/film_point.hpp"
#include "pack/film_record.hpp"
#include "pack/film_source.hpp"
#include "pack/isbi2015_films.hpp"
#include "pack/source.hpp"
#include "pack/source_kind.hpp"

namespace hpctrain::pack {

/// Fields as FilmRecord has them, with landmarks (the mean of the doctors), landmarks_junior and landmarks_senior; and
/// number, the film's, i64.
class Isbi2015Source final : public FilmSource {
 public:
  /// Reads every film's header and both doctors' files. Unset settings: 208 × 256 pixels, 0.1 mm per original pixel.
  ///   errors  Fault::data   as find_isbi_films, read_bmp_header and parse_annotation; doctors who are out of step
  ///           Fault::usage  a size that no picture has
  explicit Isbi2015Source(const SourceSettings& settings);

  /// "isbi2015"; "phantom-isbi2015" where PHANTOM.txt lies in the folder.
  std::string kind() const override { return is_phantom_ ? "phantom-isbi2015" : "isbi2015"; }
  std::vector<data::FieldSchema> fields() const override;
  std::vector<SourceSplit> splits() const override;
  /// A fifth of the training films, rounded up; 0 where that leaves none.
  std::uint64_t default_validation_samples() const override;
  /// The challenge's cross-validation is over all films.
  bool folds_cover_all_splits() const override { return true; }
  /// Reads every file.
  std::string identity() const override;
  std::string note() const override;
  void read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) const override;
  std::optional<Film> find_annotations(const std::filesystem::path& picture) const override;

 private:
  struct MarkedFilm {
    IsbiFilm files;
    CephalometricPoints junior, senior;  // original pixels
  };
  MarkedFilm read_marks(const IsbiFilm& files) const;
  /// Without the picture.
  Film annotations_of(const MarkedFilm& film) const;

  FilmRecord record_;
  ImageSize stored_;
  double spacing_mm_;
  bool is_phantom_;
  std::vector<MarkedFilm> films_;
};

}  // namespace hpctrain::pack
