// Writes one shard of dense fields: HDF5 lays the file out, plain writes fill it, and nothing has the shard's name
// before it was read back and found right.
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
  /// Lays out "<path>.tmp" with room for place.num_samples. `fields` are dense and sorted by name.
  ///   errors  Fault::storage, for a full disk as well: the space is claimed here where the file system can
  ShardWriter(std::filesystem::path path, const PackIdentity& identity, const ShardPlace& place,
              std::vector<FieldSchema> fields);
  /// Removes the temporary of a shard that was not committed.
  ~ShardWriter();
  ShardWriter(const ShardWriter&) = delete;
  ShardWriter& operator=(const ShardWriter&) = delete;

  /// The next sample: one row of row_bytes per field, in the order of `fields`.
  ///   errors  Fault::storage
  void append(std::uint64_t sample_id, std::span<const std::span<const std::byte>> rows);

  /// All samples are there: digests, sync, read back and verify, rename, sync of the folder.
  ///   errors  Fault::storage; the temporary is removed
  ShardIndex commit();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpctrain::data
