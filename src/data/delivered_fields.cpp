// See delivered_fields.hpp.
#include "data/delivered_fields.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::data {
namespace {

constexpr std::uint64_t kMostChannels = 3;

FieldSchema delivered_picture(const DatasetIndex& index, FieldSchema field, std::optional<ImageSize> output) {
  const auto where = fmt::format("{}: field {}", index.folder.string(), field.name);
  require(field.codec == "jpeg" || field.codec == "png", Fault::data,
          fmt::format("{} is encoded as {}, and the loader decodes jpeg and png; {}", where, field.codec, kPackAgain));
  const auto& shape = field.sample_shape;
  require(shape.size() == 3 && (shape[2] == 1 || shape[2] == kMostChannels), Fault::data,
          fmt::format("{} does not say [height, width, channels] with 1 or 3 channels; {}", where, kPackAgain));
  if (output) {
    field.sample_shape[0] = output->height;
    field.sample_shape[1] = output->width;
  }
  require(is_possible_picture(shape), Fault::data, fmt::format("{} is larger than any picture; {}", where, kPackAgain));
  require(shape[0] > 0 && shape[1] > 0, Fault::usage,
          fmt::format("{} holds pictures of several sizes; set data.image-size to the one they are trained at", where));
  field.kind = FieldKind::dense;
  field.codec = "raw";
  field.axes = "HWC";
  field.type = ElementType::u8;
  field.row_bytes = shape[0] * shape[1] * shape[2];
  return field;
}

}  // namespace

std::vector<FieldSchema> delivered_fields(const DatasetIndex& index, std::optional<ImageSize> output) {
  std::vector<FieldSchema> fields;
  for (const FieldSchema& field : index.fields) {
    require(field.kind != FieldKind::ragged, Fault::data,
            fmt::format("{}: field {} has rows of several lengths, and only dense fields and encoded pictures can be "
                        "trained on; {}",
                        index.folder.string(), field.name, kPackAgain));
    fields.push_back(field.kind == FieldKind::encoded ? delivered_picture(index, field, output) : field);
  }
  return fields;
}

DatasetIndex delivered_index(const DatasetIndex& index, std::optional<ImageSize> output) {
  DatasetIndex delivered = index;
  delivered.fields = delivered_fields(index, output);
  return delivered;
}

}  // namespace hpctrain::data
