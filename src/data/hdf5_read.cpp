// HDF5 calls behind hdf5_read.hpp: files, links and attributes. Datasets are in hdf5_read_dataset.cpp.
#include "data/hdf5_read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

#include "data/hdf5_write.hpp"
#include "data/last_words.hpp"
#include "data/raw_file.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::data {
namespace {

Hid open_hard_link(const Hdf5Input& input, hid_t parent, const std::string& name, H5I_type_t expected,
                   const char* expected_name) {
  H5L_info_t link{};
  input.checks.require_that(H5Lexists(parent, name.c_str(), H5P_DEFAULT) > 0, fmt::format("has no \"{}\"", name));
  input.checks.ok(H5Lget_info(parent, name.c_str(), &link, H5P_DEFAULT), "look at " + name);
  // Soft and external links could lead to any file of the machine.
  input.checks.require_that(link.type == H5L_TYPE_HARD, fmt::format("\"{}\" is a link, which is not allowed", name));
  Hid object = input.checks.own(H5Oopen(parent, name.c_str(), H5P_DEFAULT), H5Oclose, "open " + name);
  input.checks.require_that(H5Iget_type(object.get()) == expected,
                            fmt::format("\"{}\" is not a {}", name, expected_name));
  return object;
}

Hid open_attribute(const Hdf5Input& input, hid_t object, const std::string& name) {
  input.checks.require_that(H5Aexists(object, name.c_str()) > 0, fmt::format("attribute \"{}\" is missing", name));
  return input.checks.own(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose, "open attribute " + name);
}

std::vector<std::uint64_t> attribute_shape(const Hdf5Input& input, const Hid& attribute, const std::string& name) {
  const Hid space = input.checks.own(H5Aget_space(attribute.get()), H5Sclose, "read attribute " + name);
  const H5S_class_t kind = H5Sget_simple_extent_type(space.get());
  input.checks.require_that(kind == H5S_SCALAR || kind == H5S_SIMPLE, fmt::format("attribute \"{}\" is void", name));
  const int rank = H5Sget_simple_extent_ndims(space.get());
  input.checks.require_that(rank >= 0 && rank <= 1, fmt::format("attribute \"{}\" has a wrong shape", name));
  hsize_t extent = 0;
  if (rank == 0) return {};
  input.checks.ok(H5Sget_simple_extent_dims(space.get(), &extent, nullptr), "read attribute " + name);
  return {extent};
}

std::vector<std::byte> read_numbers(const Hdf5Input& input, const Hid& attribute, const std::string& name,
                                    ElementType type, std::span<const std::uint64_t> shape) {
  const Hid expected = make_element_type(input.checks, type);
  const Hid found = input.checks.own(H5Aget_type(attribute.get()), H5Tclose, "read attribute " + name);
  input.checks.require_that(H5Tequal(found.get(), expected.get()) > 0,
                            fmt::format("attribute \"{}\" is not of type {}", name, element_name(type)));
  std::size_t count = 1;
  for (const std::uint64_t extent : shape) count *= extent;
  std::vector<std::byte> values(count * element_bytes(type));
  if (count > 0) {
    input.checks.ok(H5Aread(attribute.get(), expected.get(), values.data()), "read attribute " + name);
  }
  return values;
}

template <class T>
T read_scalar(const Hdf5Input& input, hid_t object, const std::string& name, ElementType type) {
  const std::vector<std::byte> bytes = read_attribute_bytes(input, object, name, type, {});
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace

Hdf5Input open_hdf5_input(const std::string& path, std::uint64_t expected_bytes_or_zero) {
  const std::string cure(kPackAgain);
  std::error_code error;
  const auto status = std::filesystem::symlink_status(path, error);
  const Hdf5Checks checks(path, Fault::data, cure);
  note_file_at_work(path);
  checks.require_that(std::filesystem::exists(status), "is missing");
  checks.require_that(std::filesystem::is_regular_file(status), "is not a regular file");
  Hdf5Input input{checks, RawFile::open_for_reading(path).bytes(), {}};
  try {
    input.file = open_hdf5_file(checks, path, true);
  } catch (const Error&) {
    // A cut file is the most frequent damage: say it in numbers, not in HDF5's words. Only when HDF5 refused it: a file
    // that h5repack made smaller is in order.
    if (expected_bytes_or_zero <= input.file_bytes) throw;
    checks.fail(fmt::format("{} bytes shorter than the manifest says", expected_bytes_or_zero - input.file_bytes));
  }
  const Hid creation = checks.own(H5Fget_create_plist(input.file.get()), H5Pclose, "read its head");
  hsize_t user_block = 0;
  checks.ok(H5Pget_userblock(creation.get(), &user_block), "read its head");
  checks.require_that(user_block == 0, "has a user block, which is not allowed");
  return input;
}

Hid open_group(const Hdf5Input& input, hid_t parent, const std::string& name) {
  return open_hard_link(input, parent, name, H5I_GROUP, "group");
}

Hid open_dataset(const Hdf5Input& input, hid_t parent, const std::string& name) {
  return open_hard_link(input, parent, name, H5I_DATASET, "dataset");
}

std::vector<std::string> member_names(const Hdf5Input& input, hid_t group, const std::string& group_name,
                                      std::size_t most) {
  H5G_info_t info{};
  input.checks.ok(H5Gget_info(group, &info), "look into " + group_name);
  input.checks.require_that(info.nlinks <= most, fmt::format("\"{}\" has more than {} members", group_name, most));
  std::vector<std::string> names;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    std::array<char, 130> name{};
    const ssize_t length =
        H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT);
    input.checks.require_that(length > 0 && length <= 128 && is_safe_name(name.data()),
                              fmt::format("a member of \"{}\" has a name that is not allowed", group_name));
    names.emplace_back(name.data());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::byte> read_attribute_bytes(const Hdf5Input& input, hid_t object, const std::string& name,
                                            ElementType type, std::span<const std::uint64_t> shape) {
  const Hid attribute = open_attribute(input, object, name);
  const std::vector<std::uint64_t> found = attribute_shape(input, attribute, name);
  input.checks.require_that(std::equal(found.begin(), found.end(), shape.begin(), shape.end()),
                            fmt::format("attribute \"{}\" has a wrong shape", name));
  return read_numbers(input, attribute, name, type, shape);
}

std::vector<std::uint64_t> read_u64_list(const Hdf5Input& input, hid_t object, const std::string& name,
                                         std::size_t most) {
  const Hid attribute = open_attribute(input, object, name);
  const std::vector<std::uint64_t> shape = attribute_shape(input, attribute, name);
  input.checks.require_that(shape.size() == 1 && shape[0] <= most,
                            fmt::format("attribute \"{}\" has a wrong shape", name));
  const std::vector<std::byte> bytes = read_numbers(input, attribute, name, ElementType::u64, shape);
  std::vector<std::uint64_t> values(shape[0]);
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::uint64_t read_u64(const Hdf5Input& input, hid_t object, const std::string& name) {
  return read_scalar<std::uint64_t>(input, object, name, ElementType::u64);
}

std::uint8_t read_u8(const Hdf5Input& input, hid_t object, const std::string& name) {
  return read_scalar<std::uint8_t>(input, object, name, ElementType::u8);
}

std::string read_text(const Hdf5Input& input, hid_t object, const std::string& name, std::size_t most_bytes) {
  const Hid attribute = open_attribute(input, object, name);
  input.checks.require_that(attribute_shape(input, attribute, name).empty(),
                            fmt::format("attribute \"{}\" has a wrong shape", name));
  const Hid type = input.checks.own(H5Aget_type(attribute.get()), H5Tclose, "read attribute " + name);
  const std::size_t bytes = H5Tget_size(type.get());
  // Fixed length only: HDF5's variable-length text allocates whatever the file asks for.
  input.checks.require_that(H5Tget_class(type.get()) == H5T_STRING && H5Tis_variable_str(type.get()) == 0 &&
                                bytes >= 1 && bytes <= most_bytes,
                            fmt::format("attribute \"{}\" is not a text of fixed length", name));
  std::string text(bytes, '\0');
  input.checks.ok(H5Aread(attribute.get(), type.get(), text.data()), "read attribute " + name);
  text.resize(std::min(text.find('\0'), text.size()));
  return text;
}

bool has_attribute(const Hdf5Input&, hid_t object, const std::string& name) {
  return H5Aexists(object, name.c_str()) > 0;
}

}  // namespace hpctrain::data
