// The root attributes of a shard and of the manifest. Knows HDF5, but not what the fields hold.
#pragma once

#include <span>
#include <string_view>

#include "data/hdf5_read.hpp"
#include "data/hdf5_write.hpp"
#include "data/pack_identity.hpp"

namespace hpctrain::data {

/// Attributes that shard and manifest share. `complete` starts as 0.
void write_identity(const Hdf5Checks& checks, hid_t root, std::string_view format_name, const PackIdentity& identity,
                    std::span<const FieldSchema> fields);
void write_shard_place(const Hdf5Checks& checks, hid_t root, const ShardPlace& place);
/// Last of all: from here on the file counts.
void mark_complete(const Hdf5Checks& checks, hid_t root);

/// Checks format name, version, checksum kind and completeness.
///   errors  Fault::data
PackIdentity read_identity(const Hdf5Input& input, std::string_view format_name);
ShardPlace read_shard_place(const Hdf5Input& input);

}  // namespace hpctrain::data
