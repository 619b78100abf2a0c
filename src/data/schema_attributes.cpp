// Which attribute holds which part of a field's schema.
#include "data/schema_attributes.hpp"

#include <fmt/format.h>

#include "data/shard_format.hpp"

namespace hpctrain::data {
namespace {

constexpr std::size_t kMostTextBytes = 64;
constexpr std::size_t kMostAxes = 8;

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  if (text.empty()) return lines;
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  lines.push_back(text.substr(begin));
  return lines;
}

void write_names(const Hdf5Checks& checks, hid_t field_group, const char* attribute,
                 const std::vector<std::string>& names) {
  const std::string text = fmt::format("{}", fmt::join(names, "\n"));
  checks.require_that(
      text.size() <= kMostNameBytes,
      fmt::format("attribute {} takes {} bytes, more than the {} that fit", attribute, text.size(), kMostNameBytes));
  write_text(checks, field_group, attribute, text);
}

}  // namespace

void write_schema(const Hdf5Checks& checks, hid_t field_group, const FieldSchema& field) {
  write_u8(checks, field_group, "kind", static_cast<std::uint8_t>(field.kind));
  write_text(checks, field_group, "codec", field.codec);
  write_text(checks, field_group, "semantic", field.semantic);
  write_text(checks, field_group, "axes", field.axes);
  write_text(checks, field_group, "logical_dtype", element_name(field.type));
  const std::uint64_t rank = field.sample_shape.size();
  write_attribute(checks, field_group, "sample_shape", ElementType::u64, {&rank, 1}, field.sample_shape.data());
  write_u64(checks, field_group, "row_bytes", field.row_bytes);
  if (field.semantic == "label") {
    write_u64(checks, field_group, "num_classes", field.num_classes);
    write_names(checks, field_group, "class_names", field.class_names);
  }
  if (field.semantic == "landmarks") write_names(checks, field_group, "landmark_names", field.landmark_names);
}

FieldSchema read_schema(const Hdf5Input& input, hid_t field_group, const std::string& name) {
  FieldSchema field;
  field.name = name;
  const std::uint8_t kind = read_u8(input, field_group, "kind");
  input.checks.require_that(kind <= static_cast<std::uint8_t>(FieldKind::encoded),
                            fmt::format("field {} has the unknown kind {}", name, kind));
  field.kind = static_cast<FieldKind>(kind);
  field.codec = read_text(input, field_group, "codec", kMostTextBytes);
  field.semantic = read_text(input, field_group, "semantic", kMostTextBytes);
  field.axes = read_text(input, field_group, "axes", kMostTextBytes);
  const std::string type = read_text(input, field_group, "logical_dtype", kMostTextBytes);
  const std::optional<ElementType> element = element_from_name(type);
  input.checks.require_that(element.has_value(), fmt::format("field {} has the unknown type \"{}\"", name, type));
  field.type = *element;
  field.sample_shape = read_u64_list(input, field_group, "sample_shape", kMostAxes);
  field.row_bytes = read_u64(input, field_group, "row_bytes");
  if (field.semantic == "label") {
    field.num_classes = read_u64(input, field_group, "num_classes");
    field.class_names = split_lines(read_text(input, field_group, "class_names", kMostNameBytes));
  }
  if (field.semantic == "landmarks") {
    field.landmark_names = split_lines(read_text(input, field_group, "landmark_names", kMostNameBytes));
  }
  require_valid_schema(field, input.checks.file());
  return field;
}

}  // namespace hpctrain::data
