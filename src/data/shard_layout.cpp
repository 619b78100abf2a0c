// Which dataset is created where; see docs/formats/shards.md.
#include "data/shard_layout.hpp"

#include <array>
#include <string>

#include "data/schema_attributes.hpp"
#include "data/shard_format.hpp"
#include "data/shard_header.hpp"

namespace hpctrain::data {
namespace {

std::uint64_t lay_out_digests(const Hdf5Checks& checks, hid_t group, std::uint64_t data_bytes) {
  const std::uint64_t blocks = checksum_blocks(data_bytes);
  return dataset_offset(checks, create_dataset(checks, group, "block_xxh3", ElementType::u64, {&blocks, 1}));
}

ColumnPlace lay_out_dense(const Hdf5Checks& checks, hid_t field_group, hid_t digest_group, const FieldSchema& field,
                          std::uint64_t num_samples) {
  std::vector<std::uint64_t> shape{num_samples};
  shape.insert(shape.end(), field.sample_shape.begin(), field.sample_shape.end());
  ColumnPlace place;
  place.offset = dataset_offset(checks, create_dataset(checks, field_group, "data", field.type, shape));
  place.bytes = num_samples * field.row_bytes;
  place.digests_offset = lay_out_digests(checks, digest_group, place.bytes);
  return place;
}

ColumnPlace lay_out_tables(const Hdf5Checks& checks, hid_t field_group, std::uint64_t num_samples) {
  const std::uint64_t count = num_samples + 1;
  const std::array<std::uint64_t, 2> shape{num_samples, std::tuple_size_v<ImageDims>};
  ColumnPlace place;
  place.offsets_offset =
      dataset_offset(checks, create_dataset(checks, field_group, "offsets", ElementType::u64, {&count, 1}));
  place.dims_offset = dataset_offset(checks, create_dataset(checks, field_group, "dims", ElementType::u32, shape));
  return place;
}

ColumnPlace lay_out_field(const Hdf5Checks& checks, hid_t fields, hid_t integrity, const FieldSchema& field,
                          std::uint64_t num_samples) {
  require_invariant(field.kind == FieldKind::dense || has_dims(field),
                    "the shard writer is given dense fields and encoded pictures only");
  const Hid group = create_group(checks, fields, field.name);
  write_schema(checks, group.get(), field);
  const Hid digests = create_group(checks, integrity, field.name);
  return field.kind == FieldKind::dense ? lay_out_dense(checks, group.get(), digests.get(), field, num_samples)
                                        : lay_out_tables(checks, group.get(), num_samples);
}

Hid open_existing_group(const Hdf5Checks& checks, hid_t file, const std::string& path) {
  return checks.own(H5Gopen2(file, path.c_str(), H5P_DEFAULT), H5Gclose, "open group " + path);
}

}  // namespace

ShardLayout lay_out_shard(const Hdf5Checks& checks, const std::filesystem::path& path, const PackIdentity& identity,
                          const ShardPlace& place, std::span<const FieldSchema> fields) {
  Hid file = create_hdf5_file(checks, path);
  write_identity(checks, file.get(), kShardFormatName, identity, fields);
  write_shard_place(checks, file.get(), place);
  ShardLayout layout;
  {
    const Hid integrity = create_group(checks, file.get(), "integrity");
    const std::string ids(kSampleIdName);
    const Hid sample_id = create_dataset(checks, file.get(), ids, ElementType::u64, {&place.num_samples, 1});
    layout.sample_id.offset = dataset_offset(checks, sample_id);
    layout.sample_id.bytes = place.num_samples * sizeof(std::uint64_t);
    layout.sample_id.digests_offset =
        lay_out_digests(checks, create_group(checks, integrity.get(), ids).get(), layout.sample_id.bytes);
    const Hid group = create_group(checks, file.get(), "fields");
    for (const FieldSchema& field : fields) {
      layout.fields.push_back(lay_out_field(checks, group.get(), integrity.get(), field, place.num_samples));
    }
  }
  close_hdf5_file(checks, file);
  return layout;
}

void lay_out_encoded(const Hdf5Checks& checks, hid_t file, const FieldSchema& field, const EncodedSize& size,
                     ColumnPlace& place) {
  const Hid group = open_existing_group(checks, file, "/fields/" + field.name);
  place.offset =
      dataset_offset(checks, create_dataset(checks, group.get(), "bytes", ElementType::u8, {&size.bytes, 1}));
  place.bytes = size.bytes;
  const Hid digests = open_existing_group(checks, file, "/integrity/" + field.name);
  place.digests_offset = lay_out_digests(checks, digests.get(), size.bytes);
  write_u64(checks, digests.get(), "offsets_xxh3", size.offsets_xxh3);
  write_u64(checks, digests.get(), "dims_xxh3", size.dims_xxh3);
}

}  // namespace hpctrain::data
