// See isbi2015_source.hpp. Films are decoded one at a time, when their turn comes.
#include "pack/isbi2015_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"
#include "pack/bmp_file.hpp"
#include "pack/file_digest.hpp"
#include "pack/image_file.hpp"
#include "pack/isbi2015_annotation.hpp"
#include "pack/isbi2015_layout.hpp"
#include "pack/resample.hpp"

namespace hpctrain::pack {
namespace {

constexpr ImageSize kDefaultSize{208, 256};  // the films' 1935 × 2400 and nearly no padding; multiples of 16
constexpr double kDefaultSpacing = 0.1;
constexpr std::uint64_t kMostSide = 1u << 16;
/// The doctors of the challenge differ by 2 mm on average, by 7 at their worst landmark; files whose lines are shifted
/// by one differ by 58 mm at the first.
constexpr double kMostApart = 30;  // mm

FilmLayout layout_of(ImageSize stored) {
  FilmLayout layout;
  layout.size = stored;
  layout.num_landmarks = kCephalometricLandmarks;
  layout.landmark_names.assign(kCephalometricNames.begin(), kCephalometricNames.end());
  layout.annotations = {"landmarks", "landmarks_junior", "landmarks_senior"};
  return layout;
}

void require_in_step(const IsbiFilm& film, const CephalometricPoints& junior, const CephalometricPoints& senior,
                     double spacing_mm) {
  for (std::size_t l = 0; l < junior.size(); ++l) {
    const double apart = spacing_mm * std::hypot(junior[l].x - senior[l].x, junior[l].y - senior[l].y);
    require(apart <= kMostApart, Fault::data,
            fmt::format("{}: the doctors' files are out of step: landmark L{} ({}) lies {:.0f} mm apart in {} and {}; "
                        "see whether both belong to this film and list the landmarks in order",
                        film.image.string(), l + 1, kCephalometricNames[l], apart, film.junior.string(),
                        film.senior.string()));
  }
}

std::vector<Point> mean_of(const CephalometricPoints& a, const CephalometricPoints& b) {
  std::vector<Point> mean;
  for (std::size_t l = 0; l < a.size(); ++l) mean.push_back({(a[l].x + b[l].x) / 2, (a[l].y + b[l].y) / 2});
  return mean;
}

ImageSize checked_size(const SourceSettings& settings) {
  const ImageSize size = settings.size.value_or(kDefaultSize);
  require(size.width <= kMostSide && size.height <= kMostSide && size.width * size.height <= kMostImagePixels,
          Fault::usage,
          fmt::format("--size {}x{}: films of that size cannot be stored; give a smaller one, like 208x256", size.width,
                      size.height));
  return size;
}

}  // namespace

Isbi2015Source::Isbi2015Source(const SourceSettings& settings)
    : record_(layout_of(checked_size(settings))),
      stored_(checked_size(settings)),
      spacing_mm_(settings.spacing_mm.value_or(kDefaultSpacing)),
      is_phantom_(posix_file_system().exists(settings.path / kPhantomNotice)) {
  for (const IsbiFilm& files : find_isbi_films(settings.path)) films_.push_back(read_marks(files));
}

Isbi2015Source::MarkedFilm Isbi2015Source::read_marks(const IsbiFilm& files) const {
  const ImageSize size = read_bmp_header(files.image).size;
  require_wide_enough(files.image, size, stored_, plan_padded(size, stored_));
  MarkedFilm film{files, parse_annotation(read_annotation_text(files.junior), files.junior, size),
                  parse_annotation(read_annotation_text(files.senior), files.senior, size)};
  require_in_step(files, film.junior, film.senior, spacing_mm_);
  return film;
}

std::vector<data::FieldSchema> Isbi2015Source::fields() const {
  std::vector<data::FieldSchema> fields = record_.fields();
  data::FieldSchema number;
  number.name = "number";
  number.semantic = "tensor";
  number.type = data::ElementType::i64;
  number.row_bytes = sizeof(std::int64_t);
  fields.push_back(number);
  return fields;
}

std::vector<SourceSplit> Isbi2015Source::splits() const {
  std::vector<SourceSplit> splits;
  for (const IsbiImagePart& part : kIsbiImageParts) {
    const auto count = std::count_if(films_.begin(), films_.end(),
                                     [&](const MarkedFilm& film) { return film.files.split == part.split; });
    if (count > 0) splits.push_back({std::string(part.split), static_cast<std::uint64_t>(count)});
  }
  return splits;
}

std::uint64_t Isbi2015Source::default_validation_samples() const {
  const SourceSplit first = splits().front();
  return first.name == "train" && first.num_samples > 1 ? (first.num_samples + 4) / 5 : 0;
}

std::string Isbi2015Source::identity() const {
  Sha256 digest;
  digest.update(fmt::format("isbi2015 {}x{} {}\n", stored_.width, stored_.height, spacing_mm_));
  for (const MarkedFilm& film : films_) {
    digest.update(fmt::format("{} {} {} {} {}\n", film.files.number, film.files.split, digest_of_file(film.files.image),
                              digest_of_file(film.files.junior), digest_of_file(film.files.senior)));
  }
  return digest.hex();
}

std::string Isbi2015Source::note() const {
  return is_phantom_ ? fmt::format("{} lies there: the films are drawings, not patients", kPhantomNotice) : "";
}

void Isbi2015Source::read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) const {
  require_invariant(record < films_.size(), "a record lies inside its source");
  const MarkedFilm& film = films_[record];
  const auto number = static_cast<std::int64_t>(film.files.number);
  Film marked = annotations_of(film);
  marked.image = read_bmp_file(film.files.image);
  record_.write(marked, rows.first(rows.size() - 1));
  std::memcpy(rows.back().data(), &number, sizeof number);
}

Film Isbi2015Source::annotations_of(const MarkedFilm& film) const {
  return {{},
          spacing_mm_,
          {mean_of(film.junior, film.senior), mean_of(film.junior, film.junior), mean_of(film.senior, film.senior)}};
}

/// Numbers are unique, and so are the names made of them.
std::optional<Film> Isbi2015Source::find_annotations(const std::filesystem::path& picture) const {
  const auto found = std::find_if(films_.begin(), films_.end(), [&](const MarkedFilm& film) {
    return film.files.image.filename() == picture.filename();
  });
  if (found == films_.end()) return std::nullopt;
  return annotations_of(*found);
}

}  // namespace hpctrain::pack
