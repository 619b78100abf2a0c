// Checks every digest of packed shards. Reads plain bytes at offsets that the index gives; knows no HDF5.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/dataset_index.hpp"
#include "data/raw_file.hpp"

namespace hpctrain::data {

struct FileDigests {
  std::string xxh3_128;  ///< of all bytes, 32 hexadecimal digits
  std::uint64_t head_xxh3 = 0;
};
FileDigests digest_file(const RawFile& file);

/// "shards/shard-000003.h5: block 7 of field image (rows 9362 to 10699 of the shard) is damaged; …", one wording for
/// verify and the loader.
std::string describe_damaged_block(const std::string& path, const std::string& field, std::uint64_t row_bytes,
                                   std::uint64_t num_samples, std::uint64_t block);

/// Findings in one shard; none when all its digests hold. `file` may be a copy or a file not yet renamed. Digests of
/// the whole file are compared where the index has them.
std::vector<std::string> verify_shard(const RawFile& file, const ShardIndex& shard,
                                      std::span<const FieldSchema> fields);

struct VerifyReport {
  std::uint64_t shards = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> findings;  ///< empty: every digest holds
};

/// Every shard of the data set; damage is reported, never thrown, so that one run names all of it.
VerifyReport verify_dataset(const DatasetIndex& index,
                            const std::function<void(std::uint64_t done, std::uint64_t total)>& on_bytes = {});

}  // namespace hpctrain::data
