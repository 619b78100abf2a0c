// Writing the few kinds of HDF5 object that the shard format uses: fixed text and number attributes, groups, contiguous
// datasets with their place in the file allocated. Knows no names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset_index.hpp"
#include "data/hdf5_handle.hpp"

namespace hpctrain::data {

/// The little-endian type on disk, which is also the type in memory.
Hid make_element_type(const Hdf5Checks& checks, ElementType type);

/// Replaces `path`. Checksummed metadata, no time stamps, no user block, big datasets on 4096-byte borders.
Hid create_hdf5_file(const Hdf5Checks& checks, const std::filesystem::path& path);
Hid create_group(const Hdf5Checks& checks, hid_t parent, const std::string& name);

/// Contiguous, allocated now, not filled.
Hid create_dataset(const Hdf5Checks& checks, hid_t parent, const std::string& name, ElementType type,
                   std::span<const std::uint64_t> shape);
/// Where its bytes lie in the file; 0 when it has none.
std::uint64_t dataset_offset(const Hdf5Checks& checks, const Hid& dataset);

/// `values` are prod(shape) elements of `type`; an empty shape is a scalar.
void write_attribute(const Hdf5Checks& checks, hid_t object, const std::string& name, ElementType type,
                     std::span<const std::uint64_t> shape, const void* values);
void write_u64(const Hdf5Checks& checks, hid_t object, const std::string& name, std::uint64_t value);
void write_u8(const Hdf5Checks& checks, hid_t object, const std::string& name, std::uint8_t value);
/// Text of fixed length, padded with zeros, UTF-8.
void write_text(const Hdf5Checks& checks, hid_t object, const std::string& name, std::string_view text);

/// A small dataset with its values.
void write_table(const Hdf5Checks& checks, hid_t parent, const std::string& name, ElementType type,
                 std::span<const std::uint64_t> shape, const void* values);
/// A small dataset of texts, all padded to the longest.
void write_text_table(const Hdf5Checks& checks, hid_t parent, const std::string& name,
                      std::span<const std::string> texts);

/// Flushes and closes, each checked: on a full disk HDF5 reports nothing earlier than here.
void close_hdf5_file(const Hdf5Checks& checks, Hid& file);

}  // namespace hpctrain::data
