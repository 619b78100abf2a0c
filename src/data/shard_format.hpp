// Names and numbers of the shard format, version 1, as docs/formats/shards.md states them, and the rules that both its
// writer and its reader apply. Knows nothing of HDF5.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset_index.hpp"

namespace hpctrain::data {

inline constexpr std::string_view kShardFormatName = "hpctrain-shard";
inline constexpr std::string_view kManifestFormatName = "hpctrain-manifest";
inline constexpr std::uint32_t kFormatMajor = 1;
inline constexpr std::uint32_t kFormatMinor = 0;
inline constexpr std::string_view kChecksumName = "xxh3-64";
inline constexpr std::uint64_t kChecksumBlockBytes = 1u << 20;
inline constexpr std::uint64_t kHeadBytes = 64u << 10;  ///< what `head_xxh3` covers
inline constexpr std::uint64_t kDatasetAlignment = 4096;
inline constexpr std::uint64_t kMostPicturePixels = 1ull << 28;  ///< of an encoded picture
/// Of all names of a field together; an attribute inside an object header ends at 64 KiB.
inline constexpr std::uint64_t kMostNameBytes = 60'000;
inline constexpr std::string_view kManifestName = "manifest.h5";
inline constexpr std::string_view kShardFolder = "shards";
inline constexpr std::string_view kTemporarySuffix = ".tmp";
inline constexpr std::string_view kSampleIdName = "sample_id";  ///< no field may be called so
inline constexpr std::string_view kPackAgain = "pack it again with hpctrain-pack";

/// "shards/shard-000007.h5"
std::string shard_path(std::uint64_t shard);

/// `^[A-Za-z0-9._-]{1,128}$`, and neither "." nor "..": such a name never leaves its folder.
bool is_safe_name(std::string_view name) noexcept;

/// Encoded pictures say how large each is.
inline bool has_dims(const FieldSchema& field) noexcept {
  return field.kind == FieldKind::encoded && field.semantic == "image";
}

constexpr std::uint64_t checksum_blocks(std::uint64_t bytes) noexcept {
  return bytes / kChecksumBlockBytes + (bytes % kChecksumBlockBytes != 0 ? 1 : 0);
}

/// Digest of everything a schema says; equal in the manifest and in every shard. `fields` sorted by name.
std::uint64_t schema_digest(std::span<const FieldSchema> fields);

/// Whether an encoded field's shape, [height, width, channels], has at most kMostPicturePixels; 0 is a side that
/// differs from picture to picture.
bool is_possible_picture(const std::vector<std::uint64_t>& shape);

/// Checks names, kinds, codecs, shapes and row sizes of one field against each other.
///   errors  Fault::data, starting with `where`
void require_valid_schema(const FieldSchema& field, const std::string& where);

}  // namespace hpctrain::data
