// Which root attribute holds what; see docs/formats/shards.md.
#include "data/shard_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "data/shard_format.hpp"

namespace hpctrain::data {
namespace {

constexpr std::size_t kMostTextBytes = 256;
constexpr std::uint64_t kUuidBytes = 16;
constexpr std::uint64_t kVersionParts = 2;

void require_known_version(const Hdf5Input& input, hid_t root) {
  const std::vector<std::byte> bytes =
      read_attribute_bytes(input, root, "format_version", ElementType::u32, {&kVersionParts, 1});
  std::array<std::uint32_t, 2> version{};
  std::memcpy(version.data(), bytes.data(), sizeof version);
  if (version[0] != kFormatMajor) {
    throw Error(Fault::data, fmt::format("{}: format version {}.{}, this program reads version {}; use a newer "
                                         "hpctrain, or {}",
                                         input.checks.file(), version[0], version[1], kFormatMajor, kPackAgain));
  }
}

}  // namespace

void write_identity(const Hdf5Checks& checks, hid_t root, std::string_view format_name, const PackIdentity& identity,
                    std::span<const FieldSchema> fields) {
  const std::array<std::uint32_t, kVersionParts> version{kFormatMajor, kFormatMinor};
  write_text(checks, root, "hpctrain_format", format_name);
  write_attribute(checks, root, "format_version", ElementType::u32, {&kVersionParts, 1}, version.data());
  write_attribute(checks, root, "dataset_uuid", ElementType::u8, {&kUuidBytes, 1}, identity.uuid.data());
  write_u64(checks, root, "schema_xxh3", schema_digest(fields));
  write_u64(checks, root, "pack_seed", identity.pack_seed);
  write_u8(checks, root, "pack_shuffle", identity.pack_shuffle ? 1 : 0);
  write_text(checks, root, "checksum_algo", kChecksumName);
  write_u64(checks, root, "checksum_block_bytes", kChecksumBlockBytes);
  write_text(checks, root, "creator", identity.creator);
  write_attribute(checks, root, "created_unix", ElementType::i64, {}, &identity.created_unix);
  write_u8(checks, root, "complete", 0);
}

void write_shard_place(const Hdf5Checks& checks, hid_t root, const ShardPlace& place) {
  write_u64(checks, root, "shard_index", place.shard_index);
  write_u64(checks, root, "shard_count", place.shard_count);
  write_u64(checks, root, "num_samples", place.num_samples);
  write_u64(checks, root, "first_sample", place.first_sample);
}

void mark_complete(const Hdf5Checks& checks, hid_t root) {
  const std::uint8_t complete = 1;
  const Hid attribute = checks.own(H5Aopen(root, "complete", H5P_DEFAULT), H5Aclose, "open attribute complete");
  checks.ok(H5Awrite(attribute.get(), make_element_type(checks, ElementType::u8).get(), &complete),
            "write attribute complete");
}

PackIdentity read_identity(const Hdf5Input& input, std::string_view format_name) {
  const hid_t root = input.file.get();
  input.checks.require_that(has_attribute(input, root, "hpctrain_format") &&
                                read_text(input, root, "hpctrain_format", kMostTextBytes) == format_name,
                            fmt::format("is an HDF5 file, but not a {}", format_name));
  require_known_version(input, root);
  input.checks.require_that(read_u8(input, root, "complete") == 1, "was never finished");
  input.checks.require_that(read_text(input, root, "checksum_algo", kMostTextBytes) == kChecksumName &&
                                read_u64(input, root, "checksum_block_bytes") == kChecksumBlockBytes,
                            "uses checksums that this version does not know");
  PackIdentity identity;
  const std::vector<std::byte> uuid =
      read_attribute_bytes(input, root, "dataset_uuid", ElementType::u8, {&kUuidBytes, 1});
  std::memcpy(identity.uuid.data(), uuid.data(), uuid.size());
  identity.pack_seed = read_u64(input, root, "pack_seed");
  identity.pack_shuffle = read_u8(input, root, "pack_shuffle") != 0;
  identity.creator = read_text(input, root, "creator", kMostTextBytes);
  const std::vector<std::byte> created = read_attribute_bytes(input, root, "created_unix", ElementType::i64, {});
  std::memcpy(&identity.created_unix, created.data(), created.size());
  return identity;
}

ShardPlace read_shard_place(const Hdf5Input& input) {
  const hid_t root = input.file.get();
  return {read_u64(input, root, "shard_index"), read_u64(input, root, "shard_count"),
          read_u64(input, root, "num_samples"), read_u64(input, root, "first_sample")};
}

}  // namespace hpctrain::data
