// HDF5 calls behind hdf5_write.hpp.
#include "data/hdf5_write.hpp"

#include <algorithm>
#include <bit>

#include "data/shard_format.hpp"

namespace hpctrain::data {
namespace {

static_assert(std::endian::native == std::endian::little, "rows go to disk as they lie in memory");

Hid make_half_type(const Hdf5Checks& checks) {
  Hid type = checks.own(H5Tcopy(H5T_IEEE_F32LE), H5Tclose, "make a 16-bit float type");
  checks.ok(H5Tset_fields(type.get(), 15, 10, 5, 0, 10), "make a 16-bit float type");
  checks.ok(H5Tset_size(type.get(), 2), "make a 16-bit float type");
  checks.ok(H5Tset_ebias(type.get(), 15), "make a 16-bit float type");
  return type;
}

hid_t standard_type(ElementType type) {
  switch (type) {
    case ElementType::u8:
      return H5T_STD_U8LE;
    case ElementType::i8:
      return H5T_STD_I8LE;
    case ElementType::u16:
      return H5T_STD_U16LE;
    case ElementType::i16:
      return H5T_STD_I16LE;
    case ElementType::u32:
      return H5T_STD_U32LE;
    case ElementType::i32:
      return H5T_STD_I32LE;
    case ElementType::u64:
      return H5T_STD_U64LE;
    case ElementType::i64:
      return H5T_STD_I64LE;
    case ElementType::f32:
      return H5T_IEEE_F32LE;
    case ElementType::f64:
      return H5T_IEEE_F64LE;
    case ElementType::f16:
      break;
  }
  return H5I_INVALID_HID;
}

Hid make_space(const Hdf5Checks& checks, std::span<const std::uint64_t> shape) {
  if (shape.empty()) return checks.own(H5Screate(H5S_SCALAR), H5Sclose, "describe a scalar");
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  return checks.own(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose,
                    "describe a shape");
}

Hid make_text_type(const Hdf5Checks& checks, std::size_t bytes) {
  Hid type = checks.own(H5Tcopy(H5T_C_S1), H5Tclose, "make a text type");
  checks.ok(H5Tset_size(type.get(), std::max<std::size_t>(1, bytes)), "make a text type");
  checks.ok(H5Tset_strpad(type.get(), H5T_STR_NULLPAD), "make a text type");
  checks.ok(H5Tset_cset(type.get(), H5T_CSET_UTF8), "make a text type");
  return type;
}

Hid create_typed_dataset(const Hdf5Checks& checks, hid_t parent, const std::string& name, hid_t type,
                         std::span<const std::uint64_t> shape) {
  const Hid space = make_space(checks, shape);
  const Hid creation = checks.own(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "prepare dataset " + name);
  checks.ok(H5Pset_layout(creation.get(), H5D_CONTIGUOUS), "prepare dataset " + name);
  checks.ok(H5Pset_alloc_time(creation.get(), H5D_ALLOC_TIME_EARLY), "prepare dataset " + name);
  checks.ok(H5Pset_fill_time(creation.get(), H5D_FILL_TIME_NEVER), "prepare dataset " + name);
  checks.ok(H5Pset_obj_track_times(creation.get(), false), "prepare dataset " + name);
  return checks.own(H5Dcreate2(parent, name.c_str(), type, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
                    H5Dclose, "create dataset " + name);
}

void write_typed_attribute(const Hdf5Checks& checks, hid_t object, const std::string& name, hid_t type,
                           std::span<const std::uint64_t> shape, const void* values) {
  const Hid space = make_space(checks, shape);
  const Hid attribute = checks.own(H5Acreate2(object, name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                                   H5Aclose, "create attribute " + name);
  const bool is_empty = std::find(shape.begin(), shape.end(), 0u) != shape.end();  // HDF5 refuses to write nothing
  if (!is_empty) checks.ok(H5Awrite(attribute.get(), type, values), "write attribute " + name);
}

}  // namespace

Hid make_element_type(const Hdf5Checks& checks, ElementType type) {
  if (type == ElementType::f16) return make_half_type(checks);
  return checks.own(H5Tcopy(standard_type(type)), H5Tclose, "copy an element type");
}

Hid create_hdf5_file(const Hdf5Checks& checks, const std::filesystem::path& path) {
  const Hid creation = checks.own(H5Pcreate(H5P_FILE_CREATE), H5Pclose, "prepare creation");
  checks.ok(H5Pset_obj_track_times(creation.get(), false), "switch time stamps off");
  const Hid access = checks.own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "prepare creation");
  checks.ok(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110), "choose the format version");
  checks.ok(H5Pset_alignment(access.get(), kDatasetAlignment, kDatasetAlignment), "choose the alignment");
  checks.ok(H5Pset_file_locking(access.get(), false, true), "switch file locking off");
  return checks.own(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), H5Fclose, "create it");
}

Hid create_group(const Hdf5Checks& checks, hid_t parent, const std::string& name) {
  const Hid creation = checks.own(H5Pcreate(H5P_GROUP_CREATE), H5Pclose, "prepare group " + name);
  checks.ok(H5Pset_obj_track_times(creation.get(), false), "prepare group " + name);
  return checks.own(H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, creation.get(), H5P_DEFAULT), H5Gclose,
                    "create group " + name);
}

Hid create_dataset(const Hdf5Checks& checks, hid_t parent, const std::string& name, ElementType type,
                   std::span<const std::uint64_t> shape) {
  return create_typed_dataset(checks, parent, name, make_element_type(checks, type).get(), shape);
}

std::uint64_t dataset_offset(const Hdf5Checks& checks, const Hid& dataset) {
  const Hid space = checks.own(H5Dget_space(dataset.get()), H5Sclose, "read a dataset's shape");
  if (H5Sget_simple_extent_npoints(space.get()) == 0) return 0;
  const haddr_t offset = H5Dget_offset(dataset.get());
  checks.require_that(offset != HADDR_UNDEF, "a dataset was given no place in the file");
  return offset;
}

void write_attribute(const Hdf5Checks& checks, hid_t object, const std::string& name, ElementType type,
                     std::span<const std::uint64_t> shape, const void* values) {
  write_typed_attribute(checks, object, name, make_element_type(checks, type).get(), shape, values);
}

void write_u64(const Hdf5Checks& checks, hid_t object, const std::string& name, std::uint64_t value) {
  write_attribute(checks, object, name, ElementType::u64, {}, &value);
}

void write_u8(const Hdf5Checks& checks, hid_t object, const std::string& name, std::uint8_t value) {
  write_attribute(checks, object, name, ElementType::u8, {}, &value);
}

void write_text(const Hdf5Checks& checks, hid_t object, const std::string& name, std::string_view text) {
  const std::string terminated(text);  // a one-byte type needs a byte to read even for ""
  write_typed_attribute(checks, object, name, make_text_type(checks, text.size()).get(), {}, terminated.c_str());
}

void write_table(const Hdf5Checks& checks, hid_t parent, const std::string& name, ElementType type,
                 std::span<const std::uint64_t> shape, const void* values) {
  const Hid element = make_element_type(checks, type);
  const Hid dataset = create_typed_dataset(checks, parent, name, element.get(), shape);
  checks.ok(H5Dwrite(dataset.get(), element.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values), "write " + name);
}

void write_text_table(const Hdf5Checks& checks, hid_t parent, const std::string& name,
                      std::span<const std::string> texts) {
  std::size_t longest = 1;
  for (const std::string& text : texts) longest = std::max(longest, text.size());
  std::string padded;
  for (std::string text : texts) {
    text.resize(longest, '\0');
    padded += text;
  }
  const Hid type = make_text_type(checks, longest);
  const std::uint64_t count = texts.size();
  const Hid dataset = create_typed_dataset(checks, parent, name, type.get(), {&count, 1});
  checks.ok(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, padded.data()), "write " + name);
}

void close_hdf5_file(const Hdf5Checks& checks, Hid& file) {
  checks.ok(H5Fflush(file.get(), H5F_SCOPE_GLOBAL), "flush");
  checks.ok(file.close(), "close it");
}

}  // namespace hpctrain::data
