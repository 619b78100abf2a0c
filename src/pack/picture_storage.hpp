// How the pictures of a source are stored: as pixels of one size, as the files that they are, or compressed anew. Knows
// no labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/dataset_index.hpp"
#include "pack/encoded_picture.hpp"
#include "pack/image.hpp"
#include "pack/resample.hpp"
#include "pack/source_kind.hpp"
#include "pack/store_choice.hpp"

namespace hpctrain::pack {

class PictureStorage {
 public:
  /// Reads the header of every picture, of which there is one at least.
  ///   errors  as read_image_header
  ///           Fault::data   raw pictures of different sizes without a size to store them at; a picture that would be
  ///                         stored less than a pixel wide; encoded ones that are no JPEG or PNG files, or both, or
  ///                         JPEG files that lie on their side
  ///           Fault::usage  a size for files that are stored as they are
  PictureStorage(const SourceSettings& settings, std::span<const std::filesystem::path> pictures);

  bool is_raw() const noexcept { return store_.form == StoreForm::raw; }
  /// "image", dense or encoded.
  data::FieldSchema field() const;
  /// Everything that decides what becomes of a picture, in words.
  std::string identity() const;
  /// About the bytes of one encoded picture; 0 where they are raw.
  std::uint64_t expected_bytes() const noexcept { return expected_bytes_; }

  /// Only where is_raw(); any thread.
  void write_pixels(const std::filesystem::path& path, std::span<std::byte> row) const;
  /// Only where not is_raw(); any thread.
  EncodedPicture encode(const std::filesystem::path& path) const;

 private:
  struct Headers;
  static Headers read_headers(std::span<const std::filesystem::path> pictures, std::size_t threads);
  void plan_pixels(const SourceSettings& settings, const Headers& headers);
  void plan_copies(const SourceSettings& settings, const Headers& headers);
  Image fit_picture(const std::filesystem::path& path) const;

  StoreChoice store_;
  Fit fit_;
  std::optional<ImageSize> size_;  // of every stored picture; unset where they differ
  bool resizes_ = false;
  std::uint64_t channels_ = 1;
  ImageFormat format_ = ImageFormat::jpeg;  // of encoded pictures
  std::uint64_t expected_bytes_ = 0;
};

}  // namespace hpctrain::pack
