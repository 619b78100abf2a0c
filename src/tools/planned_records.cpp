#include "tools/planned_records.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <functional>
#include <numeric>
#include <utility>

#include "core/error.hpp"

namespace hpctrain::tools {
namespace {

constexpr std::uint64_t kLargestExtent = 16384, kMostChannels = 64;
constexpr float kMillimetresPerPixel = 0.1F;
constexpr std::uint64_t kClassesOfProbe = 10;

data::FieldSchema image_field(const RecordShape& shape) {
  data::FieldSchema field;
  field.name = "image";
  field.semantic = "image";
  field.axes = "HWC";
  field.sample_shape = {shape.height, shape.width, shape.channels};
  field.row_bytes = shape.height * shape.width * shape.channels;
  return field;
}

data::FieldSchema label_field(std::uint64_t classes) {
  data::FieldSchema field;
  field.name = "label";
  field.semantic = "label";
  field.type = data::ElementType::i64;
  field.row_bytes = sizeof(std::int64_t);
  field.num_classes = classes;
  return field;
}

data::FieldSchema float_field(const std::string& name, const std::string& semantic, std::vector<std::uint64_t> shape) {
  data::FieldSchema field;
  field.name = name;
  field.semantic = semantic;
  field.type = data::ElementType::f32;
  field.sample_shape = std::move(shape);
  field.row_bytes = std::accumulate(field.sample_shape.begin(), field.sample_shape.end(),
                                    static_cast<std::uint64_t>(sizeof(float)), std::multiplies<>());
  return field;
}

std::uint64_t read_extent(std::string_view text, std::string_view whole, std::uint64_t most) {
  std::uint64_t extent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), extent);
  require(error == std::errc() && end == text.data() + text.size() && extent >= 1 && extent <= most, Fault::usage,
          "--records " + std::string(whole) +
              ": write HEIGHTxWIDTHxCHANNELS such as 224x224x3, each a whole number above 0");
  return extent;
}

void fill_with_noise(std::vector<std::byte>& row) {
  // Neighbouring bytes differ; nothing else is asked of it.
  std::uint32_t state = 12345;
  for (auto& byte : row) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<std::byte>(state >> 24);
  }
}

/// Geometry: scale 1, no offset, a spacing. Points: in the middle of the image.
std::vector<float> floats_of(const data::FieldSchema& field, const std::vector<std::uint64_t>& image) {
  if (field.name == "geometry") return {1, 0, 0, kMillimetresPerPixel};
  std::vector<float> values(field.row_bytes / sizeof(float), 0);
  if (field.semantic != "landmarks" || image.size() < 2) return values;
  for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
    values[i] = static_cast<float>(image[1]) / 2;
    values[i + 1] = static_cast<float>(image[0]) / 2;
  }
  return values;
}

std::vector<std::byte> make_rows(const data::FieldSchema& field, const std::vector<std::uint64_t>& image,
                                 std::uint64_t count) {
  std::vector<std::byte> rows(field.row_bytes * count);
  if (field.name == "image") fill_with_noise(rows);
  if (field.type != data::ElementType::f32) return rows;
  const auto values = floats_of(field, image);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::memcpy(rows.data() + i * field.row_bytes, values.data(),
                std::min<std::size_t>(field.row_bytes, values.size() * sizeof(float)));
  }
  return rows;
}

}  // namespace

RecordShape usual_record_shape(std::string_view task) {
  if (task == "classification") return {224, 224, 3, 1000, 1'281'167};
  if (task == "contrastive") return {96, 96, 3, kClassesOfProbe, 100'000};
  if (task == "landmarks") return {640, 512, 1, 19, 150};
  throw Error(Fault::bug, "no usual records are known of the task " + std::string(task));
}

void read_record_shape(std::string_view text, RecordShape& shape) {
  const auto first = text.find('x');
  require(first != std::string_view::npos, Fault::usage,
          "--records " + std::string(text) + ": write HEIGHTxWIDTHxCHANNELS such as 224x224x3");
  const auto second = text.find('x', first + 1);
  shape.height = read_extent(text.substr(0, first), text, kLargestExtent);
  shape.width = read_extent(text.substr(first + 1, second == std::string_view::npos ? second : second - first - 1),
                            text, kLargestExtent);
  if (second != std::string_view::npos) shape.channels = read_extent(text.substr(second + 1), text, kMostChannels);
}

data::DatasetIndex make_planned_index(std::string_view task, const RecordShape& shape, const std::string& split) {
  data::DatasetIndex index;
  index.folder = "the planned data set";
  index.source_kind = "planned";
  if (task == "landmarks") {
    index.fields = {float_field("geometry", "tensor", {4}), image_field(shape),
                    float_field("landmarks", "landmarks", {shape.outputs, 2})};
  } else {
    index.fields = {image_field(shape), label_field(shape.outputs)};
  }
  const std::vector<double> middle(shape.channels, 127.5), spread(shape.channels, 64), low(shape.channels, 0),
      high(shape.channels, 255);
  for (const auto& field : index.fields) {
    index.statistics.push_back(field.name == "image" ? data::FieldStatistics{middle, spread, low, high}
                                                     : data::FieldStatistics{});
  }
  index.splits = {{split, 0, 0, shape.samples}};
  return index;
}

PlannedRecords::PlannedRecords(const data::DatasetIndex& delivered, std::uint64_t count) : ids_(count) {
  std::iota(ids_.begin(), ids_.end(), 0);
  const auto& image = delivered.fields[delivered.field_position("image")].sample_shape;
  for (const auto& field : delivered.fields) rows_.push_back(make_rows(field, image, count));
  batch_.batch.count = count;
  batch_.count = count;
  batch_.sample_ids = ids_;
  for (const auto& row : rows_) batch_.rows.emplace_back(row);
}

std::uint64_t PlannedRecords::row_bytes(const data::DatasetIndex& delivered) {
  std::uint64_t bytes = 0;
  for (const auto& field : delivered.fields) bytes += field.row_bytes;
  return bytes;
}

}  // namespace hpctrain::tools
