#include "tools/single_record.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "data/picture_decoder.hpp"
#include "pack/colour.hpp"
#include "pack/image_file.hpp"
#include "pack/png_file.hpp"
#include "pack/whole_file.hpp"

namespace hpctrain::tools {

SingleRecord::SingleRecord(const data::DatasetIndex& index) : index_(index) {
  const auto& shape = index.fields[index.field_position("image")].sample_shape;
  require_invariant(shape.size() == 3, "pictures have height, width and channels");
  size_ = {shape[1], shape[0]};
  channels_ = shape[2];
  for (const auto& field : index.fields) rows_.emplace_back(field.row_bytes);
}

void SingleRecord::write_film(pack::Film film) {
  pack::FilmLayout layout;
  layout.size = size_;
  layout.channels = channels_;
  layout.annotations.clear();
  for (const auto& field : index_.fields) {
    if (field.semantic != "landmarks") continue;
    layout.annotations.push_back(field.name);
    layout.num_landmarks = field.sample_shape.at(0);
  }
  constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
  film.annotations.resize(layout.annotations.size());
  for (auto& annotation : film.annotations) {
    if (annotation.empty()) annotation.assign(layout.num_landmarks, {kMissing, kMissing});
    require(annotation.size() == layout.num_landmarks, Fault::data,
            "the truth has " + std::to_string(annotation.size()) + " landmarks for each picture, the network answers " +
                std::to_string(layout.num_landmarks) + "; give the truth of the landmarks that it was trained on");
  }
  const pack::FilmRecord record(layout);
  std::vector<std::span<std::byte>> rows;
  for (const auto& field : record.fields()) rows.emplace_back(row(field.name));
  record.write(film, rows);
}

void SingleRecord::write_picture(const pack::Image& image, pack::Fit fit) {
  const auto placed = pack::resample(image, size_, pack::plan_placing(fit, image.size, size_));
  row("image") = pack::with_channels(placed, channels_).pixels;
}

/// What the packer would not store as it is becomes a PNG picture, as there.
void SingleRecord::write_encoded(const std::filesystem::path& path, const std::optional<PackedFit>& packed) {
  const pack::ImageHeader header = pack::read_image_header(path);
  if (packed && header.size != packed->size) {
    const auto placing = pack::plan_placing(packed->fit, header.size, packed->size);
    const auto placed = pack::resample(pack::read_image_file(path), packed->size, placing);
    decode(path, "png", bytes_of(pack::make_png(pack::with_channels(placed, channels_))));
    return;
  }
  const bool is_kept = header.is_plain && header.format != pack::ImageFormat::bmp;
  if (is_kept) {
    decode(path, header.format == pack::ImageFormat::jpeg ? "jpeg" : "png", pack::read_whole_file(path));
  } else {
    decode(path, "png", bytes_of(pack::make_png(pack::read_image_file(path))));
  }
}

void SingleRecord::decode(const std::filesystem::path& path, const std::string& codec,
                          std::span<const std::byte> bytes) {
  const auto& field = index_.fields[index_.field_position("image")];
  const auto complaint = data::PictureDecoder().decode(bytes, {codec, field, nullptr, 0, 0}, row("image").data());
  require(!complaint, Fault::data, path.string() + ": " + complaint.value_or(""));
}

data::MicroBatch SingleRecord::batch() const {
  data::MicroBatch batch;
  batch.batch.count = 1;
  batch.count = 1;
  batch.sample_ids = {&sample_id_, 1};
  for (const auto& row : rows_) batch.rows.emplace_back(row);
  return batch;
}

}  // namespace hpctrain::tools
