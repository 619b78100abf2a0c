// One picture from outside as a micro-batch of one record, in the form of a data set's records: what the packer would
// have stored, without a shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset_index.hpp"
#include "data/loader.hpp"
#include "pack/film_record.hpp"
#include "pack/image.hpp"
#include "pack/resample.hpp"

namespace hpctrain::tools {

/// How the packer brings pictures to the one size that it stores them at.
struct PackedFit {
  pack::ImageSize size;
  pack::Fit fit = pack::Fit::crop;
};

/// Owns the rows that its micro-batch shows; fields that nothing is known of are zeros.
class SingleRecord {
 public:
  explicit SingleRecord(const data::DatasetIndex& index);

  /// A picture of a data set with landmarks. Annotations that `film` lacks are not a number.
  void write_film(pack::Film film);

  /// A picture of any other data set, brought to the stored size.
  void write_picture(const pack::Image& image, pack::Fit fit);
  /// A picture of a data set that stores encoded ones, as the loader decodes it in evaluation.
  ///   packed  what is not of that size is first brought to it; empty: pictures keep theirs
  ///   errors  as pack::read_image_file
  void write_encoded(const std::filesystem::path& path, const std::optional<PackedFit>& packed = std::nullopt);

  data::MicroBatch batch() const;

 private:
  void decode(const std::filesystem::path& path, const std::string& codec, std::span<const std::byte> bytes);
  std::vector<std::byte>& row(std::string_view field) { return rows_[index_.field_position(field)]; }

  const data::DatasetIndex& index_;
  pack::ImageSize size_;
  std::uint64_t channels_ = 1;
  std::vector<std::vector<std::byte>> rows_;  // per field of the index
  std::uint64_t sample_id_ = 0;
};

}  // namespace hpctrain::tools
