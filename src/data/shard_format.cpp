// The rules of the shard format that need code: names, the schema's digest, the schema's consistency.
#include "data/shard_format.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/error.hpp"

namespace hpctrain::data {
namespace {

constexpr std::array<std::string_view, 5> kCodecs{"raw", "jpeg", "png", "lz4", "zstd"};
constexpr std::array<std::string_view, 5> kSemantics{"image", "label", "landmarks", "tensor", "mask"};

bool is_name_character(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& values, std::string_view value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

std::string shard_path(std::uint64_t shard) {
  return fmt::format("{}/shard-{:06}.h5", kShardFolder, shard);
}

bool is_safe_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 128 && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

std::uint64_t schema_digest(std::span<const FieldSchema> fields) {
  std::string text;
  for (const FieldSchema& field : fields) {
    text +=
        fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n", field.name, static_cast<int>(field.kind), field.codec,
                    field.semantic, field.axes, element_name(field.type), fmt::join(field.sample_shape, ","),
                    field.row_bytes, field.num_classes, field.class_names.size());
    for (const std::string& name : field.class_names) text += name + "\n";
    if (field.semantic != "landmarks") continue;
    text += fmt::format("{}\n", field.landmark_names.size());
    for (const std::string& name : field.landmark_names) text += name + "\n";
  }
  return XXH3_64bits(text.data(), text.size());
}

bool is_possible_picture(const std::vector<std::uint64_t>& shape) {
  return shape.size() < 2 || (shape[0] <= kMostPicturePixels && shape[1] <= kMostPicturePixels &&
                              shape[0] * shape[1] <= kMostPicturePixels);
}

void require_valid_schema(const FieldSchema& field, const std::string& where) {
  const auto check = [&](bool holds, const std::string& what) {
    require(holds, Fault::data, fmt::format("{}: {}; {}", where, what, kPackAgain));
  };
  check(is_safe_name(field.name) && field.name != kSampleIdName, "a field has a name that is not allowed");
  check(contains(kCodecs, field.codec), fmt::format("field {}: unknown codec \"{}\"", field.name, field.codec));
  check(contains(kSemantics, field.semantic),
        fmt::format("field {}: unknown semantic \"{}\"", field.name, field.semantic));
  check(field.sample_shape.size() <= 8, fmt::format("field {}: more than 8 axes", field.name));
  check(field.axes.empty() || field.axes.size() == field.sample_shape.size(),
        fmt::format("field {}: axes \"{}\" do not match {} dimensions", field.name, field.axes,
                    field.sample_shape.size()));
  check(
      field.class_names.empty() || field.class_names.size() == field.num_classes,
      fmt::format("field {}: {} class names for {} classes", field.name, field.class_names.size(), field.num_classes));
  check(field.landmark_names.empty() ||
            (!field.sample_shape.empty() && field.landmark_names.size() == field.sample_shape[0]),
        fmt::format("field {}: {} landmark names, not one per point", field.name, field.landmark_names.size()));
  if (has_dims(field)) {
    const auto& shape = field.sample_shape;
    check(shape.size() == 3 && (shape[2] == 1 || shape[2] == 3) && field.type == ElementType::u8,
          fmt::format("field {}: encoded pictures need the shape [height, width, 1 or 3] of u8", field.name));
  }
  if (field.kind == FieldKind::encoded) {
    // Whatever its semantic: this is what the loader makes room for. 0 is a side that differs from picture to picture.
    check(is_possible_picture(field.sample_shape),
          fmt::format("field {}: encoded pictures have at most {} pixels", field.name, kMostPicturePixels));
  }
  if (field.kind != FieldKind::dense) return;
  check(field.codec == "raw", fmt::format("field {}: a dense field cannot have a codec", field.name));
  std::uint64_t bytes = element_bytes(field.type);
  for (const std::uint64_t extent : field.sample_shape) {
    check(extent > 0 && bytes <= std::numeric_limits<std::uint64_t>::max() / extent,
          fmt::format("field {}: impossible shape", field.name));
    bytes *= extent;
  }
  check(bytes == field.row_bytes,
        fmt::format("field {}: row_bytes is {}, its shape needs {}", field.name, field.row_bytes, bytes));
}

}  // namespace hpctrain::data
