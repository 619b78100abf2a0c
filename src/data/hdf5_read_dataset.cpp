// The part of hdf5_read.hpp that looks at datasets: storage, type, shape and place are checked before a byte is read.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "data/hdf5_read.hpp"
#include "data/hdf5_write.hpp"

namespace hpctrain::data {
namespace {

void require_plain_storage(const Hdf5Input& input, const Hid& dataset, const std::string& name) {
  const Hid creation = input.checks.own(H5Dget_create_plist(dataset.get()), H5Pclose, "look at " + name);
  input.checks.require_that(H5Pget_layout(creation.get()) == H5D_CONTIGUOUS,
                            fmt::format("\"{}\" is not stored in one piece", name));
  input.checks.require_that(H5Pget_external_count(creation.get()) == 0,
                            fmt::format("\"{}\" is stored in another file, which is not allowed", name));
  input.checks.require_that(H5Pget_nfilters(creation.get()) == 0, fmt::format("\"{}\" is filtered", name));
}

std::vector<std::uint64_t> dataset_shape(const Hdf5Input& input, const Hid& dataset, const std::string& name) {
  const Hid space = input.checks.own(H5Dget_space(dataset.get()), H5Sclose, "look at " + name);
  input.checks.require_that(H5Sget_simple_extent_type(space.get()) == H5S_SIMPLE,
                            fmt::format("\"{}\" is not an array", name));
  const int rank = H5Sget_simple_extent_ndims(space.get());
  input.checks.require_that(rank >= 1 && rank <= H5S_MAX_RANK, fmt::format("\"{}\" is not an array", name));
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  input.checks.ok(H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr), "look at " + name);
  return {extents.begin(), extents.end()};
}

/// Offset of an array of `bytes` that must lie inside the file.
std::uint64_t require_inside(const Hdf5Input& input, const Hid& dataset, const std::string& name, std::uint64_t bytes) {
  if (bytes == 0) return 0;
  const haddr_t offset = H5Dget_offset(dataset.get());
  input.checks.require_that(offset != HADDR_UNDEF, fmt::format("\"{}\" has no place in the file", name));
  input.checks.require_that(bytes <= input.file_bytes && offset <= input.file_bytes - bytes,
                            fmt::format("\"{}\" reaches beyond the end of the file", name));
  return offset;
}

std::uint64_t checked_product(const Hdf5Input& input, const std::string& name, std::span<const std::uint64_t> shape,
                              std::uint64_t bytes) {
  for (const std::uint64_t extent : shape) {
    input.checks.require_that(extent == 0 || bytes <= std::numeric_limits<std::uint64_t>::max() / extent,
                              fmt::format("\"{}\" has an impossible shape", name));
    bytes *= extent;
  }
  return bytes;
}

}  // namespace

Extent locate_dataset(const Hdf5Input& input, const Hid& dataset, const std::string& name, ElementType type,
                      std::span<const std::uint64_t> shape) {
  require_plain_storage(input, dataset, name);
  const Hid expected = make_element_type(input.checks, type);
  const Hid found = input.checks.own(H5Dget_type(dataset.get()), H5Tclose, "look at " + name);
  input.checks.require_that(H5Tequal(found.get(), expected.get()) > 0,
                            fmt::format("\"{}\" is not of type {}", name, element_name(type)));
  const std::vector<std::uint64_t> found_shape = dataset_shape(input, dataset, name);
  input.checks.require_that(
      std::equal(found_shape.begin(), found_shape.end(), shape.begin(), shape.end()),
      fmt::format("\"{}\" has shape [{}], not [{}]", name, fmt::join(found_shape, ","), fmt::join(shape, ",")));
  const std::uint64_t bytes = checked_product(input, name, shape, element_bytes(type));
  return {require_inside(input, dataset, name, bytes), bytes};
}

std::uint64_t list_length(const Hdf5Input& input, const Hid& dataset, const std::string& name, ElementType type) {
  const std::vector<std::uint64_t> shape = dataset_shape(input, dataset, name);
  input.checks.require_that(shape.size() == 1, fmt::format("\"{}\" is not a list", name));
  locate_dataset(input, dataset, name, type, shape);
  return shape[0];
}

std::vector<std::byte> read_table_bytes(const Hdf5Input& input, hid_t parent, const std::string& name, ElementType type,
                                        std::span<const std::uint64_t> shape) {
  const Hid dataset = open_dataset(input, parent, name);
  const Extent extent = locate_dataset(input, dataset, name, type, shape);
  std::vector<std::byte> values(extent.bytes);
  if (values.empty()) return values;
  const Hid element = make_element_type(input.checks, type);
  input.checks.ok(H5Dread(dataset.get(), element.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "read " + name);
  return values;
}

std::vector<std::uint64_t> read_u64_table(const Hdf5Input& input, hid_t parent, const std::string& name,
                                          std::uint64_t count) {
  const std::vector<std::byte> bytes = read_table_bytes(input, parent, name, ElementType::u64, {&count, 1});
  std::vector<std::uint64_t> values(bytes.size() / sizeof(std::uint64_t));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::vector<std::string> read_text_table(const Hdf5Input& input, hid_t parent, const std::string& name,
                                         std::uint64_t count, std::size_t most_bytes) {
  const Hid dataset = open_dataset(input, parent, name);
  require_plain_storage(input, dataset, name);
  const Hid type = input.checks.own(H5Dget_type(dataset.get()), H5Tclose, "look at " + name);
  const std::size_t width = H5Tget_size(type.get());
  input.checks.require_that(H5Tget_class(type.get()) == H5T_STRING && H5Tis_variable_str(type.get()) == 0 &&
                                width >= 1 && width <= most_bytes,
                            fmt::format("\"{}\" is not a list of texts of fixed length", name));
  input.checks.require_that(dataset_shape(input, dataset, name) == std::vector<std::uint64_t>{count},
                            fmt::format("\"{}\" does not have {} entries", name, count));
  const std::uint64_t bytes = checked_product(input, name, {&count, 1}, width);
  require_inside(input, dataset, name, bytes);
  std::string all(bytes, '\0');
  if (bytes > 0) {
    input.checks.ok(H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()), "read " + name);
  }
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string text = all.substr(i * width, width);
    text.resize(std::min(text.find('\0'), text.size()));
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace hpctrain::data
