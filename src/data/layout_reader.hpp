// Reads where everything lies in a packed data set, trusting nothing it finds. Runs in the guarded child
// (index_child.hpp) and in the packer right after writing; never in a training process.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "data/dataset_index.hpp"
#include "data/pack_identity.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::data {

/// The manifest and the layout of every shard it names. `manifest` is another name while the manifest is not committed.
///   errors  Fault::data naming the file and the finding, at the first thing that is not exactly as version 1 says
DatasetIndex read_dataset_layout(const std::filesystem::path& folder, std::string_view manifest = kManifestName);

/// Layout of one shard, which must be the part `place` of data set `identity` with these fields. The digests of the
/// whole file stay empty: the manifest has them.
///   errors  Fault::data
ShardIndex read_shard_layout(const std::filesystem::path& path, const PackIdentity& identity, const ShardPlace& place,
                             std::span<const FieldSchema> fields, std::uint64_t expected_bytes_or_zero = 0);

}  // namespace hpctrain::data
