// Tables and groups of the manifest; see docs/formats/shards.md.
#include "data/manifest_writer.hpp"

#include <fmt/format.h>

#include "core/file_system.hpp"
#include "data/hex.hpp"
#include "data/layout_reader.hpp"
#include "data/raw_file.hpp"
#include "data/schema_attributes.hpp"
#include "data/shard_format.hpp"
#include "data/shard_header.hpp"

namespace hpctrain::data {
namespace {

void write_u64_table(const Hdf5Checks& checks, hid_t group, const std::string& name,
                     const std::vector<std::uint64_t>& values) {
  const std::uint64_t count = values.size();
  write_table(checks, group, name, ElementType::u64, {&count, 1}, values.data());
}

template <class Value>
std::vector<std::uint64_t> column(const DatasetIndex& index, Value value) {
  std::vector<std::uint64_t> values;
  for (const ShardIndex& shard : index.shards) values.push_back(value(shard));
  return values;
}

void write_fields(const Hdf5Checks& checks, hid_t root, const DatasetIndex& index) {
  const Hid fields = create_group(checks, root, "fields");
  for (std::size_t f = 0; f < index.fields.size(); ++f) {
    const Hid group = create_group(checks, fields.get(), index.fields[f].name);
    write_schema(checks, group.get(), index.fields[f]);
    const FieldStatistics& statistics = index.statistics[f];
    const std::uint64_t channels = statistics.mean.size();
    // Attributes, not datasets: HDF5 checksums them, and a flipped bit in a mean would go unnoticed otherwise.
    write_u64(checks, group.get(), "channels", channels);
    write_attribute(checks, group.get(), "mean", ElementType::f64, {&channels, 1}, statistics.mean.data());
    write_attribute(checks, group.get(), "std", ElementType::f64, {&channels, 1}, statistics.standard_deviation.data());
    write_attribute(checks, group.get(), "min", ElementType::f64, {&channels, 1}, statistics.minimum.data());
    write_attribute(checks, group.get(), "max", ElementType::f64, {&channels, 1}, statistics.maximum.data());
  }
}

void write_file_digests(const Hdf5Checks& checks, hid_t shards, const DatasetIndex& index) {
  std::vector<std::byte> digests;
  for (const ShardIndex& shard : index.shards) {
    const auto bytes = bytes_from_hex(shard.file_xxh3_128);
    require_invariant(bytes && bytes->size() == 16, "a committed shard has its digest");
    digests.insert(digests.end(), bytes->begin(), bytes->end());
  }
  const std::array<std::uint64_t, 2> shape{index.shards.size(), 16};
  write_table(checks, shards, "xxh3_128", ElementType::u8, shape, digests.data());
}

void write_hints(const Hdf5Checks& checks, hid_t shards, const DatasetIndex& index) {
  const Hid fields = create_group(checks, shards, "fields");
  for (std::size_t f = 0; f < index.fields.size(); ++f) {
    const Hid group = create_group(checks, fields.get(), index.fields[f].name);
    write_u64_table(checks, group.get(), "offset",
                    column(index, [f](const ShardIndex& shard) { return shard.fields[f].data_offset; }));
    write_u64_table(checks, group.get(), "bytes",
                    column(index, [f](const ShardIndex& shard) { return shard.fields[f].data_bytes; }));
  }
}

void write_shards(const Hdf5Checks& checks, hid_t root, const DatasetIndex& index) {
  const Hid shards = create_group(checks, root, "shards");
  std::vector<std::string> paths;
  for (const ShardIndex& shard : index.shards) paths.push_back(shard.path);
  write_text_table(checks, shards.get(), "path", paths);
  write_u64_table(checks, shards.get(), "num_samples", column(index, [](const auto& s) { return s.num_samples; }));
  std::vector<std::uint64_t> first = column(index, [](const auto& s) { return s.first_sample; });
  first.push_back(index.shards.back().first_sample + index.shards.back().num_samples);
  write_u64_table(checks, shards.get(), "first_sample", first);
  write_u64_table(checks, shards.get(), "file_bytes", column(index, [](const auto& s) { return s.file_bytes; }));
  write_u64_table(checks, shards.get(), "head_xxh3", column(index, [](const auto& s) { return s.head_xxh3; }));
  write_file_digests(checks, shards.get(), index);
  write_hints(checks, shards.get(), index);
}

void write_splits(const Hdf5Checks& checks, hid_t root, const DatasetIndex& index) {
  const Hid splits = create_group(checks, root, "splits");
  for (const Split& split : index.splits) {
    const Hid group = create_group(checks, splits.get(), split.name);
    write_u64(checks, group.get(), "first_shard", split.first_shard);
    write_u64(checks, group.get(), "shard_count", split.shard_count);
    write_u64(checks, group.get(), "num_samples", split.num_samples);
  }
}

void write_manifest(const std::filesystem::path& path, const DatasetIndex& index, const PackIdentity& identity) {
  const Hdf5Checks checks(path.string(), Fault::storage, "free space there, or choose another folder");
  Hid file = create_hdf5_file(checks, path);
  write_identity(checks, file.get(), kManifestFormatName, identity, index.fields);
  write_text(checks, file.get(), "source_kind", index.source_kind);
  if (index.fold) {
    write_u64(checks, file.get(), "fold", index.fold->number);
    write_u64(checks, file.get(), "folds", index.fold->count);
  }
  write_u64(checks, file.get(), "shard_count", index.shards.size());
  const ShardIndex& last = index.shards.back();
  write_u64(checks, file.get(), "num_samples", last.first_sample + last.num_samples);
  write_fields(checks, file.get(), index);
  write_shards(checks, file.get(), index);
  write_splits(checks, file.get(), index);
  mark_complete(checks, file.get());
  close_hdf5_file(checks, file);
}

}  // namespace

void save_manifest(const DatasetIndex& index, const PackIdentity& identity) {
  const std::filesystem::path path = index.folder / kManifestName;
  const std::filesystem::path temporary = path.string() + std::string(kTemporarySuffix);
  try {
    write_manifest(temporary, index, identity);
    RawFile::open_for_writing(temporary).sync();
    require(read_dataset_layout(index.folder, temporary.filename().string()) == index, Fault::storage,
            fmt::format("{}: what was written does not read back; check this disk", temporary.string()));
    posix_file_system().rename_no_replace(temporary, path);
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw;
  }
  posix_file_system().sync_folder(index.folder);
}

}  // namespace hpctrain::data
