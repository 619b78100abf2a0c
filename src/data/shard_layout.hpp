// How HDF5 lays a shard out before plain writes fill it. Knows HDF5 and the schema, but no rows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "data/hdf5_write.hpp"
#include "data/pack_identity.hpp"

namespace hpctrain::data {

/// Where the datasets of one field lie in the file.
struct ColumnPlace {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint64_t digests_offset = 0;
  std::uint64_t offsets_offset = 0;  ///< encoded: u64[N+1]
  std::uint64_t dims_offset = 0;     ///< encoded: u32[N,3]
};

struct ShardLayout {
  ColumnPlace sample_id;
  std::vector<ColumnPlace> fields;
};

/// What is known of an encoded field once all its rows have come.
struct EncodedSize {
  std::uint64_t bytes = 0;
  std::uint64_t offsets_xxh3 = 0;
  std::uint64_t dims_xxh3 = 0;
};

/// Creates the file with room for everything but the bytes of encoded fields.
///   errors  those of `checks`
ShardLayout lay_out_shard(const Hdf5Checks& checks, const std::filesystem::path& path, const PackIdentity& identity,
                          const ShardPlace& place, std::span<const FieldSchema> fields);

/// Adds room for the bytes of an encoded field and for their digests, at the end of the file.
///   errors  those of `checks`
void lay_out_encoded(const Hdf5Checks& checks, hid_t file, const FieldSchema& field, const EncodedSize& size,
                     ColumnPlace& place);

}  // namespace hpctrain::data
