// The manifest, and with it the whole data set; one shard's layout is in layout_reader.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <tuple>

#include "core/digest.hpp"
#include "data/layout_reader.hpp"
#include "data/schema_attributes.hpp"
#include "data/shard_format.hpp"
#include "data/shard_header.hpp"

namespace hpctrain::data {
namespace {

constexpr std::size_t kMostFields = 256;
constexpr std::size_t kMostSplits = 64;
constexpr std::size_t kMostPathBytes = 256;
constexpr std::size_t kMostChannels = 4096;
constexpr std::uint64_t kFileDigestBytes = 16;

std::vector<double> read_channel_values(const Hdf5Input& input, hid_t group, const std::string& name,
                                        std::uint64_t channels) {
  const std::vector<std::byte> bytes = read_attribute_bytes(input, group, name, ElementType::f64, {&channels, 1});
  std::vector<double> values(channels);
  if (channels > 0) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

FieldStatistics read_statistics(const Hdf5Input& input, hid_t group) {
  const std::uint64_t channels = read_u64(input, group, "channels");
  input.checks.require_that(channels <= kMostChannels, "has statistics for too many channels");
  return {read_channel_values(input, group, "mean", channels), read_channel_values(input, group, "std", channels),
          read_channel_values(input, group, "min", channels), read_channel_values(input, group, "max", channels)};
}

void read_fields(const Hdf5Input& input, DatasetIndex& index) {
  const Hid group = open_group(input, input.file.get(), "fields");
  for (const std::string& name : member_names(input, group.get(), "fields", kMostFields)) {
    const Hid field = open_group(input, group.get(), name);
    index.fields.push_back(read_schema(input, field.get(), name));
    index.statistics.push_back(read_statistics(input, field.get()));
  }
  input.checks.require_that(!index.fields.empty(), "has no fields");
  input.checks.require_that(read_u64(input, input.file.get(), "schema_xxh3") == schema_digest(index.fields),
                            "has fields that do not fit its own digest");
}

void read_fold(const Hdf5Input& input, DatasetIndex& index) {
  const hid_t root = input.file.get();
  if (!has_attribute(input, root, "fold")) return;
  index.fold = Fold{read_u64(input, root, "fold"), read_u64(input, root, "folds")};
  input.checks.require_that(index.fold->number >= 1 && index.fold->number <= index.fold->count,
                            fmt::format("cannot be fold {} of {}", index.fold->number, index.fold->count));
}

/// "shards/<safe name>": such a path never leaves the data set's folder.
void require_safe_path(const Hdf5Input& input, const std::string& path) {
  const std::string prefix = std::string(kShardFolder) + "/";
  input.checks.require_that(path.starts_with(prefix) && is_safe_name(path.substr(prefix.size())),
                            "names a shard by a path that is not allowed");
}

void read_shard_table(const Hdf5Input& input, DatasetIndex& index) {
  const Hid group = open_group(input, input.file.get(), "shards");
  const std::uint64_t count = read_u64(input, input.file.get(), "shard_count");
  // Every shard takes bytes in the manifest, so the file's size bounds the count before anything is allocated for it.
  input.checks.require_that(count > 0 && count <= input.file_bytes / sizeof(std::uint64_t),
                            fmt::format("cannot have {} shards", count));
  const auto paths = read_text_table(input, group.get(), "path", count, kMostPathBytes);
  const auto samples = read_u64_table(input, group.get(), "num_samples", count);
  const auto first = read_u64_table(input, group.get(), "first_sample", count + 1);
  const auto bytes = read_u64_table(input, group.get(), "file_bytes", count);
  const auto heads = read_u64_table(input, group.get(), "head_xxh3", count);
  const std::array<std::uint64_t, 2> shape{count, kFileDigestBytes};
  const auto digests = read_table_bytes(input, group.get(), "xxh3_128", ElementType::u8, shape);
  input.checks.require_that(first[0] == 0, "does not count samples from 0");
  for (std::uint64_t i = 0; i < count; ++i) {
    require_safe_path(input, paths[i]);
    input.checks.require_that(first[i + 1] >= first[i] && first[i + 1] - first[i] == samples[i],
                              fmt::format("counts the samples of shard {} in two ways", i));
    ShardIndex& shard = index.shards.emplace_back();
    shard.path = paths[i];
    shard.num_samples = samples[i];
    shard.first_sample = first[i];
    shard.file_bytes = bytes[i];
    shard.head_xxh3 = heads[i];
    shard.file_xxh3_128 = hex_text(std::span(digests).subspan(i * kFileDigestBytes, kFileDigestBytes));
  }
}

void read_splits(const Hdf5Input& input, DatasetIndex& index) {
  const Hid group = open_group(input, input.file.get(), "splits");
  for (const std::string& name : member_names(input, group.get(), "splits", kMostSplits)) {
    const Hid split = open_group(input, group.get(), name);
    index.splits.push_back({name, read_u64(input, split.get(), "first_shard"),
                            read_u64(input, split.get(), "shard_count"), read_u64(input, split.get(), "num_samples")});
  }
  std::sort(index.splits.begin(), index.splits.end(), [](const Split& a, const Split& b) {
    return std::tie(a.first_shard, a.shard_count, a.name) < std::tie(b.first_shard, b.shard_count, b.name);
  });
  std::uint64_t next_shard = 0;
  for (const Split& split : index.splits) {
    input.checks.require_that(split.first_shard == next_shard && split.shard_count <= index.shards.size() - next_shard,
                              fmt::format("split {} shares shards with another, or leaves some out", split.name));
    std::uint64_t samples = 0;
    for (std::uint64_t i = 0; i < split.shard_count; ++i) samples += index.shards[next_shard + i].num_samples;
    input.checks.require_that(
        samples == split.num_samples,
        fmt::format("split {} claims {} samples, its shards have {}", split.name, split.num_samples, samples));
    next_shard += split.shard_count;
  }
  input.checks.require_that(next_shard == index.shards.size(), "has shards that belong to no split");
}

void read_shards(DatasetIndex& index, const PackIdentity& identity) {
  for (std::uint64_t i = 0; i < index.shards.size(); ++i) {
    ShardIndex& listed = index.shards[i];
    const ShardPlace place{i, index.shards.size(), listed.num_samples, listed.first_sample};
    ShardIndex found = read_shard_layout(index.folder / listed.path, identity, place, index.fields, listed.file_bytes);
    found.path = listed.path;
    found.file_xxh3_128 = listed.file_xxh3_128;
    found.head_xxh3 = listed.head_xxh3;
    listed = std::move(found);
  }
}

}  // namespace

DatasetIndex read_dataset_layout(const std::filesystem::path& folder, std::string_view manifest) {
  require(std::filesystem::is_directory(folder), Fault::data,
          fmt::format("{}: no such folder; give the folder that hpctrain-pack wrote", folder.string()));
  const std::filesystem::path path = folder / manifest;
  require(std::filesystem::exists(std::filesystem::symlink_status(path)), Fault::data,
          fmt::format("{}: no {} in it, so it is not a packed data set, or packing was cut short; {}", folder.string(),
                      kManifestName, kPackAgain));
  const Hdf5Input input = open_hdf5_input(path.string());
  const PackIdentity identity = read_identity(input, kManifestFormatName);
  // A link in place of the folder of shards could lead out of the data set.
  input.checks.require_that(std::filesystem::is_directory(std::filesystem::symlink_status(folder / kShardFolder)),
                            "stands beside no folder of shards");
  DatasetIndex index;
  index.folder = folder;
  index.uuid = identity.uuid;
  index.creator = identity.creator;
  index.pack_seed = identity.pack_seed;
  index.pack_shuffle = identity.pack_shuffle;
  index.source_kind = read_text(input, input.file.get(), "source_kind", kMostPathBytes);
  read_fold(input, index);
  read_fields(input, index);
  read_shard_table(input, index);
  read_splits(input, index);
  read_shards(index, identity);
  return index;
}

}  // namespace hpctrain::data
