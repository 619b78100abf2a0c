#include "pack/film_record.hpp"

#include <array>
#include <cstring>

#include "core/error.hpp"
#include "pack/colour.hpp"
#include "pack/resample.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::uint64_t kGeometry = 4;

void copy_floats(std::span<const float> values, std::span<std::byte> row) {
  require_invariant(values.size_bytes() == row.size(), "a row holds what its field says");
  std::memcpy(row.data(), values.data(), row.size());
}

}  // namespace

std::vector<data::FieldSchema> FilmRecord::fields() const {
  data::FieldSchema geometry;
  geometry.name = "geometry";
  geometry.semantic = "tensor";
  geometry.type = data::ElementType::f32;
  geometry.sample_shape = {kGeometry};
  geometry.row_bytes = kGeometry * sizeof(float);
  data::FieldSchema image;
  image.name = "image";
  image.semantic = "image";
  image.axes = "HWC";
  image.sample_shape = {layout_.size.height, layout_.size.width, layout_.channels};
  image.row_bytes = layout_.size.height * layout_.size.width * layout_.channels;
  std::vector<data::FieldSchema> fields{geometry, image};
  for (const std::string& name : layout_.annotations) {
    data::FieldSchema landmarks;
    landmarks.name = name;
    landmarks.semantic = "landmarks";
    landmarks.type = data::ElementType::f32;
    landmarks.sample_shape = {layout_.num_landmarks, 2};
    landmarks.row_bytes = layout_.num_landmarks * 2 * sizeof(float);
    landmarks.landmark_names = layout_.landmark_names;
    fields.push_back(landmarks);
  }
  return fields;
}

void FilmRecord::write(const Film& film, std::span<const std::span<std::byte>> rows) const {
  require_invariant(rows.size() == 2 + layout_.annotations.size() && film.annotations.size() == rows.size() - 2,
                    "a film has every annotation of its layout");
  const Placing placing = plan_padded(film.image.size, layout_.size);
  const std::array<double, kGeometry> geometry{placing.scale, placing.offset_x, placing.offset_y, film.mm_per_pixel};
  std::array<float, kGeometry> stored{};
  for (std::size_t i = 0; i < kGeometry; ++i) stored[i] = static_cast<float>(geometry[i]);
  copy_floats(stored, rows[0]);
  const Image image = with_channels(resample(film.image, layout_.size, placing), layout_.channels);
  require_invariant(image.pixels.size() == rows[1].size(), "a row holds what its field says");
  std::memcpy(rows[1].data(), image.pixels.data(), image.pixels.size());
  for (std::size_t a = 0; a < film.annotations.size(); ++a) {
    std::vector<float> values;
    for (const Point& point : film.annotations[a]) {
      values.push_back(static_cast<float>(point.x * placing.scale + placing.offset_x));
      values.push_back(static_cast<float>(point.y * placing.scale + placing.offset_y));
    }
    copy_floats(values, rows[2 + a]);
  }
}

}  // namespace hpctrain::pack
