// Reads files that anybody may have made: every number is checked before it is used as a size or an offset.
#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "checkpoint/safetensors.hpp"
#include "checkpoint/strict_json.hpp"
#include "checkpoint/tensor_format.hpp"
#include "core/error.hpp"

namespace hpctrain::checkpoint {
namespace {

using nlohmann::json;

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kLargestHeaderBytes = 100'000'000;  // the limit of the reference implementation
constexpr std::size_t kMostDimensions = 64;

struct Slice {
  std::string name;
  at::ScalarType dtype = at::kByte;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(Fault::data, reason);
}

std::uint64_t read_header_bytes(std::string_view bytes) {
  if (bytes.size() < kLengthBytes) refuse("shorter than the 8 bytes of its header length");
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes.data(), kLengthBytes);
  if (header_bytes > kLargestHeaderBytes || header_bytes > bytes.size() - kLengthBytes) {
    refuse("header length " + std::to_string(header_bytes) + " does not fit a file of " + std::to_string(bytes.size()) +
           " bytes");
  }
  return header_bytes;
}

std::uint64_t read_count(const json& value, const std::string& what) {
  if (!value.is_number_unsigned()) refuse(what + " is not a non-negative integer");
  return value.get<std::uint64_t>();
}

std::uint64_t checked_product(std::uint64_t a, std::uint64_t b, const std::string& what) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product) || product > INT64_MAX) refuse(what + ": size overflows");
  return product;
}

/// Also bounds the product of the non-zero dimensions: torch multiplies them for strides even where one is zero.
std::vector<std::int64_t> read_shape(const json& value, const std::string& what) {
  if (!value.is_array() || value.size() > kMostDimensions) refuse(what + ": shape is not a list of dimensions");
  std::vector<std::int64_t> shape;
  std::uint64_t elements = 8;
  for (const json& dimension : value) {
    const std::uint64_t size = read_count(dimension, what + ": a dimension");
    elements = checked_product(elements, std::max<std::uint64_t>(size, 1), what);
    shape.push_back(static_cast<std::int64_t>(size));
  }
  return shape;
}

Slice read_slice(const std::string& name, const json& entry) {
  const std::string what = "tensor '" + name + "'";
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
      !entry.contains("data_offsets")) {
    refuse(what + ": needs exactly dtype, shape and data_offsets");
  }
  const json& dtype_value = entry["dtype"];
  const auto dtype = dtype_value.is_string() ? find_dtype(dtype_value.get<std::string>()) : std::nullopt;
  if (!dtype) refuse(what + ": unknown dtype " + dtype_value.dump(-1, ' ', true, json::error_handler_t::replace));
  const json& offsets = entry["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2) refuse(what + ": data_offsets is not a pair");

  Slice slice{name, *dtype, read_shape(entry["shape"], what), read_count(offsets[0], what + ": an offset"),
              read_count(offsets[1], what + ": an offset")};
  std::uint64_t bytes = c10::elementSize(slice.dtype);
  for (const std::int64_t dimension : slice.shape) {
    bytes = checked_product(bytes, static_cast<std::uint64_t>(dimension), what);
  }
  if (slice.end < slice.begin || slice.end - slice.begin != bytes) {
    refuse(what + ": its shape takes " + std::to_string(bytes) + " bytes, its offsets say otherwise");
  }
  return slice;
}

SafetensorsMetadata read_metadata(const json& value) {
  if (!value.is_object()) refuse("__metadata__ is not an object");
  SafetensorsMetadata metadata;
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) refuse("__metadata__ entry '" + key + "' is not a string");
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

/// Sorted by place; together they cover `buffer_bytes` without hole or overlap.
void require_gapless(std::vector<Slice>& slices, std::uint64_t buffer_bytes) {
  std::sort(slices.begin(), slices.end(),
            [](const Slice& a, const Slice& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
  std::uint64_t offset = 0;
  for (const Slice& slice : slices) {
    if (slice.begin != offset) {
      refuse("tensor '" + slice.name + "' begins at byte " + std::to_string(slice.begin) + " of the data, expected " +
             std::to_string(offset));
    }
    offset = slice.end;
  }
  if (offset != buffer_bytes) {
    refuse("tensors take " + std::to_string(offset) + " bytes, the file holds " + std::to_string(buffer_bytes));
  }
}

/// safetensors stores a BOOL as 0 or 1; another value is undefined behaviour for whoever reads a bool from it.
void require_booleans(const at::Tensor& tensor, const std::string& name) {
  for (const std::byte byte : tensor_bytes(tensor)) {
    if (byte > std::byte{1}) refuse("tensor '" + name + "' holds a BOOL that is neither 0 nor 1");
  }
}

NamedTensor copy_tensor(const Slice& slice, std::string_view buffer) {
  at::Tensor tensor = at::empty(slice.shape, at::TensorOptions().dtype(slice.dtype));
  const auto bytes = writable_tensor_bytes(tensor);
  if (!bytes.empty()) std::memcpy(bytes.data(), buffer.data() + slice.begin, bytes.size());
  if (slice.dtype == at::kBool) require_booleans(tensor, slice.name);
  return {slice.name, std::move(tensor)};
}

SafetensorsContent read_checked(std::string_view bytes) {
  const std::uint64_t header_bytes = read_header_bytes(bytes);
  const json header = parse_strict_json(bytes.substr(kLengthBytes, header_bytes));
  if (!header.is_object()) refuse("header is not a JSON object");
  const std::string_view buffer = bytes.substr(kLengthBytes + header_bytes);

  SafetensorsContent content;
  std::vector<Slice> slices;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      content.metadata = read_metadata(entry);
    } else {
      slices.push_back(read_slice(name, entry));
    }
  }
  require_gapless(slices, buffer.size());
  for (const Slice& slice : slices) content.tensors.push_back(copy_tensor(slice, buffer));
  return content;
}

}  // namespace

SafetensorsContent read_safetensors(std::string_view bytes, const std::string& origin) {
  try {
    return read_checked(bytes);
  } catch (const Error& error) {
    throw Error(error.fault(), origin + ": " + error.what());
  }
}

SafetensorsContent load_safetensors(FileSystem& files, const std::filesystem::path& path) {
  return read_safetensors(files.read_file(path), path.string());
}

}  // namespace hpctrain::checkpoint
