// The record of a picture with landmarks, as the problem "landmarks" reads it: fields geometry, image, landmarks and
// perhaps further annotations. Knows no source.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset_index.hpp"
#include "pack/image.hpp"

namespace hpctrain::pack {

/// In pixels, centres at integers; not a number where it was not annotated.
struct Point {
  double x = 0;
  double y = 0;
};

/// Side of an original pixel, in millimetres, that films can have.
inline constexpr double kLeastSpacing = 1e-6;
inline constexpr double kMostSpacing = 1000;

constexpr bool is_spacing(double mm) noexcept {
  return mm >= kLeastSpacing && mm <= kMostSpacing;
}

/// As it was found, at its original size.
struct Film {
  Image image;
  double mm_per_pixel = 0;                      ///< 0: not known
  std::vector<std::vector<Point>> annotations;  ///< one list of landmarks for each annotation of the layout
};

struct FilmLayout {
  ImageSize size;                                     ///< of the stored image
  std::uint64_t channels = 1;                         ///< of the stored image
  std::uint64_t num_landmarks = 0;                    ///< per annotation
  std::vector<std::string> landmark_names;            ///< empty, or one per landmark
  std::vector<std::string> annotations{"landmarks"};  ///< names of fields, sorted, each after "image"
};

class FilmRecord {
 public:
  explicit FilmRecord(FilmLayout layout) : layout_(std::move(layout)) {}

  /// "geometry" f32 [4]: scale, offset x, offset y, mm per original pixel or 0, where stored = original · scale +
  /// offset "image" u8 [height, width, channels]: the whole film as large as it fits, in the middle, padded with black
  /// "landmarks", … f32 [K, 2]: x, y in pixels of the stored image, not a number where not annotated
  std::vector<data::FieldSchema> fields() const;

  /// One row per field, in their order.
  void write(const Film& film, std::span<const std::span<std::byte>> rows) const;

 private:
  FilmLayout layout_;
};

}  // namespace hpctrain::pack
