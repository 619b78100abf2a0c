// Writes one shard of dense fields and encoded pictures: HDF5 lays the file out, plain writes fill it, and nothing has
// the shard's name before it was read back and found right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "data/dataset_index.hpp"
#include "data/pack_identity.hpp"

namespace hpctrain::data {

class ShardWriter {
 public:
  /// Lays out "<path>.tmp" with room for place.num_samples. `fields` are dense or encoded pictures, and
  /// sorted by name.
  ///   errors  Fault::storage, for a full disk as well: the space is claimed here where the file system can
  ShardWriter(std::filesystem::path path, const PackIdentity& identity, const ShardPlace& place,
              std::vector<FieldSchema> fields);
  /// Removes the temporary of a shard that was not committed.
  ~ShardWriter();
  ShardWriter(const ShardWriter&) = delete;
  ShardWriter& operator=(const ShardWriter&) = delete;

  /// The next sample: one row per field, in the order of `fields`; of row_bytes where it is dense. `dims` are those of
  /// encoded pictures, one per field; not looked at for dense ones.
  ///   errors  Fault::storage
  void append(std::uint64_t sample_id, std::span<const std::span<const std::byte>> rows,
              std::span<const ImageDims> dims = {});

  /// All samples are there: digests, sync, read back and verify, rename, sync of the folder.
  ///   errors  Fault::storage; the temporary is removed
  ShardIndex commit();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpctrain::data
