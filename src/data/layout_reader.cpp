// Layout of one shard; the manifest is read in manifest_reader.cpp.
#include "data/layout_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/digest.hpp"
#include "data/raw_file.hpp"
#include "data/schema_attributes.hpp"
#include "data/shard_format.hpp"
#include "data/shard_header.hpp"

namespace hpctrain::data {
namespace {

std::vector<std::uint64_t> read_block_digests(const Hdf5Input& input, hid_t integrity, const std::string& name,
                                              std::uint64_t data_bytes) {
  const Hid group = open_group(input, integrity, name);
  return read_u64_table(input, group.get(), "block_xxh3", checksum_blocks(data_bytes));
}

/// Shows a table inside the file to `visit(first, piece)` piece by piece, whatever its length; answers with its digest.
template <class Element, class Visit>
std::uint64_t read_in_pieces(const Hdf5Input& input, std::uint64_t offset, std::uint64_t count, Visit visit) {
  constexpr std::uint64_t kPiece = 1u << 16;
  const RawFile file = RawFile::open_for_reading(input.checks.file());
  Xxh3_64 digest;
  std::vector<Element> piece;
  for (std::uint64_t first = 0; first < count; first += kPiece) {
    piece.resize(std::min(kPiece, count - first));
    file.read_at(offset + first * sizeof(Element), std::as_writable_bytes(std::span(piece)));
    digest.update(std::as_bytes(std::span(piece)));
    visit(first, piece);
  }
  return digest.value();
}

void require_digest(const Hdf5Input& input, std::uint64_t found, std::uint64_t expected, const char* table,
                    const std::string& field) {
  input.checks.require_that(found == expected, fmt::format("the {} of field {} are damaged: they do not have the "
                                                           "digest they were packed with",
                                                           table, field));
}

/// Offsets of a ragged field rise from 0 to the number of its bytes.
void require_sound_offsets(const Hdf5Input& input, const std::string& name, const FieldExtent& extent,
                           std::uint64_t num_samples, bool may_be_empty) {
  std::uint64_t previous = 0;
  const auto require_rising = [&](std::uint64_t first, const std::vector<std::uint64_t>& piece) {
    input.checks.require_that(first != 0 || piece[0] == 0, fmt::format("offsets of field {} do not start at 0", name));
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const bool may_repeat = may_be_empty || first + i == 0;
      input.checks.require_that(piece[i] > previous || (may_repeat && piece[i] == previous),
                                fmt::format("offsets of field {} do not rise", name));
      previous = piece[i];
    }
  };
  const std::uint64_t digest =
      read_in_pieces<std::uint64_t>(input, extent.offsets_offset, num_samples + 1, require_rising);
  input.checks.require_that(previous == extent.data_bytes, fmt::format("offsets of field {} end at {}, its data at {}",
                                                                       name, previous, extent.data_bytes));
  require_digest(input, digest, extent.offsets_xxh3, "offsets", name);
}

bool is_possible(const ImageDims& dims, const FieldSchema& field) {
  const auto [height, width, channels] = dims;
  const auto fits = [](std::uint64_t extent, std::uint64_t expected) { return expected == 0 || extent == expected; };
  return height > 0 && width > 0 && width <= kMostPicturePixels / height && (channels == 1 || channels == 3) &&
         fits(height, field.sample_shape[0]) && fits(width, field.sample_shape[1]);
}

/// The loader decodes pictures without looking at their dims, so that only here a wrong one can be seen.
void require_sound_dims(const Hdf5Input& input, const FieldSchema& field, const FieldExtent& extent,
                        std::uint64_t num_samples) {
  const auto require_possible = [&](std::uint64_t first, const std::vector<ImageDims>& piece) {
    for (std::size_t i = 0; i < piece.size(); ++i) {
      input.checks.require_that(
          is_possible(piece[i], field),
          fmt::format("row {} of field {} has impossible dims {}", first + i, field.name, fmt::join(piece[i], " × ")));
    }
  };
  const std::uint64_t digest = read_in_pieces<ImageDims>(input, extent.dims_offset, num_samples, require_possible);
  require_digest(input, digest, extent.dims_xxh3, "dims", field.name);
}

void locate_dense(const Hdf5Input& input, hid_t group, const FieldSchema& field, std::uint64_t num_samples,
                  FieldExtent& extent) {
  std::vector<std::uint64_t> shape{num_samples};
  shape.insert(shape.end(), field.sample_shape.begin(), field.sample_shape.end());
  const Extent data =
      locate_dataset(input, open_dataset(input, group, "data"), field.name + "/data", field.type, shape);
  extent.data_offset = data.offset;
  extent.data_bytes = data.bytes;
}

/// `extent` holds the digests of its tables already.
void locate_ragged(const Hdf5Input& input, hid_t group, const FieldSchema& field, std::uint64_t num_samples,
                   FieldExtent& extent) {
  const Hid bytes = open_dataset(input, group, "bytes");
  const std::uint64_t length = list_length(input, bytes, field.name + "/bytes", ElementType::u8);
  const Extent data = locate_dataset(input, bytes, field.name + "/bytes", ElementType::u8, {&length, 1});
  const std::uint64_t offset_count = num_samples + 1;
  const Extent offsets = locate_dataset(input, open_dataset(input, group, "offsets"), field.name + "/offsets",
                                        ElementType::u64, {&offset_count, 1});
  extent.data_offset = data.offset;
  extent.data_bytes = data.bytes;
  extent.offsets_offset = offsets.offset;
  require_sound_offsets(input, field.name, extent, num_samples, field.kind == FieldKind::ragged);
  if (!has_dims(field)) return;
  const std::array<std::uint64_t, 2> shape{num_samples, 3};
  extent.dims_offset =
      locate_dataset(input, open_dataset(input, group, "dims"), field.name + "/dims", ElementType::u32, shape).offset;
  require_sound_dims(input, field, extent, num_samples);
}

FieldExtent read_field_layout(const Hdf5Input& input, hid_t fields, hid_t integrity, const FieldSchema& expected,
                              std::uint64_t num_samples) {
  const Hid group = open_group(input, fields, expected.name);
  input.checks.require_that(read_schema(input, group.get(), expected.name) == expected,
                            fmt::format("field {} is described differently than in the manifest", expected.name));
  FieldExtent extent;
  if (expected.kind == FieldKind::dense) {
    locate_dense(input, group.get(), expected, num_samples, extent);
  } else {
    const Hid digests = open_group(input, integrity, expected.name);
    extent.offsets_xxh3 = read_u64(input, digests.get(), "offsets_xxh3");
    if (has_dims(expected)) extent.dims_xxh3 = read_u64(input, digests.get(), "dims_xxh3");
    locate_ragged(input, group.get(), expected, num_samples, extent);
  }
  extent.block_xxh3 = read_block_digests(input, integrity, expected.name, extent.data_bytes);
  return extent;
}

}  // namespace

ShardIndex read_shard_layout(const std::filesystem::path& path, const PackIdentity& identity, const ShardPlace& place,
                             std::span<const FieldSchema> fields, std::uint64_t expected_bytes_or_zero) {
  const Hdf5Input input = open_hdf5_input(path.string(), expected_bytes_or_zero);
  const hid_t root = input.file.get();
  const PackIdentity found = read_identity(input, kShardFormatName);
  input.checks.require_that(found.uuid == identity.uuid, "belongs to another data set than the manifest");
  input.checks.require_that(read_u64(input, root, "schema_xxh3") == schema_digest(fields),
                            "has another schema than the manifest");
  input.checks.require_that(read_shard_place(input) == place,
                            "is another shard, or has another number of samples, than the manifest says");
  ShardIndex shard;
  shard.num_samples = place.num_samples;
  shard.first_sample = place.first_sample;
  shard.file_bytes = input.file_bytes;
  const std::string ids(kSampleIdName);
  const Extent sample_id =
      locate_dataset(input, open_dataset(input, root, ids), ids, ElementType::u64, {&place.num_samples, 1});
  shard.sample_id_offset = sample_id.offset;
  const Hid integrity = open_group(input, root, "integrity");
  shard.sample_id_block_xxh3 = read_block_digests(input, integrity.get(), ids, sample_id.bytes);
  const Hid field_group = open_group(input, root, "fields");
  for (const FieldSchema& field : fields) {
    shard.fields.push_back(read_field_layout(input, field_group.get(), integrity.get(), field, place.num_samples));
  }
  return shard;
}

}  // namespace hpctrain::data
