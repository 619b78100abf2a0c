// Reading HDF5 objects out of a file that nobody vouches for: hard links only, exact types and shapes, contiguous
// storage inside the file, and no allocation larger than what the file's own size proves. Knows no names.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/dataset_index.hpp"
#include "data/hdf5_handle.hpp"

namespace hpctrain::data {

/// A file opened for reading. HDF5 finds cut files by itself, but says it in its own words.
struct Hdf5Input {
  Hdf5Checks checks;
  std::uint64_t file_bytes = 0;
  Hid file;
};

/// errors  Fault::data when it is missing, no regular file (links included), or no HDF5 file
Hdf5Input open_hdf5_input(const std::string& path, std::uint64_t expected_bytes_or_zero = 0);

/// Follows one hard link; any other kind is refused.
Hid open_group(const Hdf5Input& input, hid_t parent, const std::string& name);
Hid open_dataset(const Hdf5Input& input, hid_t parent, const std::string& name);
/// Names of a group's members, sorted bytewise; names that are not safe are refused.
std::vector<std::string> member_names(const Hdf5Input& input, hid_t group, const std::string& group_name,
                                      std::size_t most);

/// The attribute's elements as bytes. `shape` {} is a scalar.
std::vector<std::byte> read_attribute_bytes(const Hdf5Input& input, hid_t object, const std::string& name,
                                            ElementType type, std::span<const std::uint64_t> shape);
/// A one-dimensional attribute of at most `most` numbers.
std::vector<std::uint64_t> read_u64_list(const Hdf5Input& input, hid_t object, const std::string& name,
                                         std::size_t most);
std::uint64_t read_u64(const Hdf5Input& input, hid_t object, const std::string& name);
std::uint8_t read_u8(const Hdf5Input& input, hid_t object, const std::string& name);
/// Text of fixed length without its padding.
std::string read_text(const Hdf5Input& input, hid_t object, const std::string& name, std::size_t most_bytes);
bool has_attribute(const Hdf5Input& input, hid_t object, const std::string& name);

/// Where a dataset's bytes lie.
struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};
/// Checks that the dataset is plain (contiguous, unfiltered, no external files), of exactly this type and shape, and
/// lies inside the file.
Extent locate_dataset(const Hdf5Input& input, const Hid& dataset, const std::string& name, ElementType type,
                      std::span<const std::uint64_t> shape);
/// Length of a one-dimensional dataset, already checked against the file's size.
std::uint64_t list_length(const Hdf5Input& input, const Hid& dataset, const std::string& name, ElementType type);

/// A dataset's elements as bytes, checked as by locate_dataset.
std::vector<std::byte> read_table_bytes(const Hdf5Input& input, hid_t parent, const std::string& name, ElementType type,
                                        std::span<const std::uint64_t> shape);
std::vector<std::uint64_t> read_u64_table(const Hdf5Input& input, hid_t parent, const std::string& name,
                                          std::uint64_t count);
/// A one-dimensional dataset of fixed-length texts.
std::vector<std::string> read_text_table(const Hdf5Input& input, hid_t parent, const std::string& name,
                                         std::uint64_t count, std::size_t most_bytes);

}  // namespace hpctrain::data
