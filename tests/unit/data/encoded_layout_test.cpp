// Offsets and dims of encoded fields, planted with HDF5 itself: those that no picture has are refused.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <optional>
#include <vector>

#include "core/digest.hpp"
#include "data/delivered_fields.hpp"
#include "data/layout_reader.hpp"
#include "data/schema_attributes.hpp"
#include "data/shard_format.hpp"
#include "data/shard_header.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

using test::expect_error;

const Hdf5Checks& checks() {
  static const Hdf5Checks instance("planted file", Fault::bug, "mend the test");
  return instance;
}

struct Digests {
  std::optional<std::uint64_t> offsets{}, dims{};  ///< unset: the right ones
};

/// One shard of three encoded rows of ten bytes together, with these offsets and the dims of the second one.
struct EncodedShard {
  explicit EncodedShard(const std::vector<std::uint64_t>& offsets, const ImageDims& second = {5, 9, 3},
                        const Digests& digests = {}) {
    schema.name = "image";
    schema.kind = FieldKind::encoded;
    schema.codec = "png";
    schema.semantic = "image";
    schema.axes = "HWC";
    schema.sample_shape = {0, 9, 3};
    Hid file = create_hdf5_file(checks(), path);
    const std::vector<FieldSchema> fields{schema};
    write_identity(checks(), file.get(), kShardFormatName, {}, fields);
    write_shard_place(checks(), file.get(), place);
    const std::uint64_t rows = 3, bytes = 10, blocks = 1, count = offsets.size();
    const std::vector<std::uint64_t> zeros(16);
    const std::vector<ImageDims> sizes{{4, 9, 1}, second, {7, 9, 3}};
    const std::uint64_t dims[2] = {3, 3};
    write_table(checks(), file.get(), "sample_id", ElementType::u64, {&rows, 1}, zeros.data());
    for (const char* group : {"fields", "fields/image", "integrity", "integrity/image", "integrity/sample_id"}) {
      create_group(checks(), file.get(), group);
    }
    const Hid field = checks().own(H5Gopen2(file.get(), "fields/image", H5P_DEFAULT), H5Gclose, "g");
    write_schema(checks(), field.get(), schema);
    write_table(checks(), field.get(), "bytes", ElementType::u8, {&bytes, 1}, zeros.data());
    write_table(checks(), field.get(), "offsets", ElementType::u64, {&count, 1}, offsets.data());
    write_table(checks(), field.get(), "dims", ElementType::u32, dims, sizes.data());
    const Hid integrity = checks().own(H5Gopen2(file.get(), "integrity/image", H5P_DEFAULT), H5Gclose, "g");
    write_u64(checks(), integrity.get(), "offsets_xxh3",
              digests.offsets.value_or(xxh3_64(std::as_bytes(std::span(offsets)))));
    write_u64(checks(), integrity.get(), "dims_xxh3", digests.dims.value_or(xxh3_64(std::as_bytes(std::span(sizes)))));
    write_table(checks(), integrity.get(), "block_xxh3", ElementType::u64, {&blocks, 1}, zeros.data());
    write_table(checks(), file.get(), "integrity/sample_id/block_xxh3", ElementType::u64, {&blocks, 1}, zeros.data());
    mark_complete(checks(), file.get());
    close_hdf5_file(checks(), file);
  }

  ShardIndex read() const { return read_shard_layout(path, {}, place, std::vector{schema}); }

  hpctrain::test::TemporaryFolder folder;
  std::filesystem::path path = folder / "shard.h5";
  ShardPlace place{0, 1, 3, 0};
  FieldSchema schema;
};

TEST(EncodedLayout, IsFoundInTheFile) {
  const ShardIndex shard = EncodedShard({0, 4, 5, 10}).read();
  EXPECT_EQ(shard.fields[0].data_bytes, 10u);
  const std::vector<std::uint64_t> offsets{0, 4, 5, 10};
  EXPECT_EQ(shard.fields[0].offsets_xxh3, xxh3_64(std::as_bytes(std::span(offsets))));
  EXPECT_GT(shard.fields[0].offsets_offset, 0u);
  EXPECT_GT(shard.fields[0].dims_offset, 0u);
}

TEST(EncodedLayout, NoFieldIsLargerThanAnyPicture) {
  // The product of both sides and the channels is 131,073 in 64 bits.
  FieldSchema field;
  field.name = "mask";
  field.kind = FieldKind::encoded;
  field.codec = "png";
  field.semantic = "mask";
  field.axes = "HWC";
  field.type = ElementType::u8;
  field.sample_shape = {281470681808897, 65537, 1};
  expect_error(Fault::data, {"field mask", "pixels"}, [&] { require_valid_schema(field, "shard.h5"); });
  DatasetIndex index;
  index.folder = "/data/set";
  index.fields = {field};
  expect_error(Fault::data, {"field mask", "larger than any picture"}, [&] { delivered_fields(index, std::nullopt); });
  field.sample_shape = {480, 640, 1};
  require_valid_schema(field, "shard.h5");
}

TEST(EncodedLayout, RefusesOffsetsThatLeadAstray) {
  expect_error(Fault::data, {"do not start at 0"}, [] { EncodedShard({1, 4, 5, 10}).read(); });
  expect_error(Fault::data, {"do not rise"}, [] { EncodedShard({0, 11, 4, 10}).read(); });
  expect_error(Fault::data, {"do not rise"}, [] { EncodedShard({0, 4, 4, 10}).read(); });
  expect_error(Fault::data, {"end at 11, its data at 10"}, [] { EncodedShard({0, 4, 5, 11}).read(); });
  expect_error(Fault::data, {"has shape [3], not [4]"}, [] { EncodedShard({0, 4, 10}).read(); });
}

TEST(EncodedLayout, RefusesDimsThatNoPictureHas) {
  for (const ImageDims& dims :
       {ImageDims{0, 9, 3}, ImageDims{5, 9, 2}, ImageDims{5, 8, 3}, ImageDims{1u << 31, 9, 3}}) {
    expect_error(Fault::data, {"row 1 of field image", "impossible dims"}, [&] {
      EncodedShard({0, 4, 5, 10}, dims).read();
    });
  }
}

TEST(EncodedLayout, RefusesTablesThatAreNotWhatWasPacked) {
  expect_error(Fault::data, {"shard.h5", "offsets of field image are damaged"}, [] {
    EncodedShard({0, 4, 5, 10}, {5, 9, 3}, {.offsets = 1}).read();
  });
  expect_error(Fault::data, {"shard.h5", "dims of field image are damaged"}, [] {
    EncodedShard({0, 4, 5, 10}, {5, 9, 3}, {.dims = 1}).read();
  });
}

}  // namespace
}  // namespace hpctrain::data
