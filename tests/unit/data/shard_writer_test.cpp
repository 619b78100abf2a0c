// Writing shards and reading them back through plain file access.
#include "data/shard_writer.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "data/layout_reader.hpp"
#include "data/verify.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

using test::PackedFixture;

std::vector<std::byte> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::byte> bytes(std::filesystem::file_size(path));
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

TEST(ShardWriter, PutsEveryByteWhereTheLayoutSays) {
  const PackedFixture packed({{300, 1}, {7}, 9001});  // rows straddle the 1 MiB blocks
  const DatasetIndex index = read_dataset_layout(packed.folder);
  std::uint64_t place = 0;
  for (const ShardIndex& shard : index.shards) {
    const std::vector<std::byte> bytes = read_file(packed.folder / shard.path);
    for (std::uint64_t row = 0; row < shard.num_samples; ++row, ++place) {
      const std::uint64_t expected_id = packed.sample_id(place);
      std::uint64_t id = 0;
      std::int64_t label = 0;
      std::memcpy(&id, &bytes[shard.sample_id_offset + row * 8], 8);
      std::memcpy(&label, &bytes[shard.fields[1].data_offset + row * 8], 8);
      ASSERT_EQ(id, expected_id);
      ASSERT_EQ(label, test::label(expected_id));
      for (std::uint64_t j = 0; j < 9001; ++j) {
        ASSERT_EQ(bytes[shard.fields[0].data_offset + row * 9001 + j], test::pixel(expected_id, j));
      }
    }
  }
  EXPECT_EQ(place, packed.total);
}

TEST(ShardWriter, AlignsLargeDatasetsToPages) {
  const PackedFixture packed({{600}, {1}, 64});
  for (const FieldExtent& field : packed.index.shards[0].fields) EXPECT_EQ(field.data_offset % 4096, 0u);
}

TEST(ShardWriter, TheReaderFindsWhatTheWriterReturned) {
  const PackedFixture packed;
  EXPECT_EQ(read_dataset_layout(packed.folder), packed.index);
}

FieldSchema encoded_schema() {
  FieldSchema schema = test::image_schema(0);
  schema.kind = FieldKind::encoded;
  schema.codec = "png";
  schema.sample_shape = {0, 0, 3};
  return schema;
}

/// Rows of many lengths, some longer than a checksum block.
std::vector<std::byte> encoded_row(std::uint64_t row) {
  std::vector<std::byte> bytes(row % 5 == 0 ? 1'300'000 + row : 17 + row);
  for (std::size_t j = 0; j < bytes.size(); ++j) bytes[j] = test::pixel(row, j);
  return bytes;
}

TEST(ShardWriter, PutsEncodedRowsOneAfterTheOther) {
  const hpctrain::test::TemporaryFolder folder;
  const std::vector<FieldSchema> fields{encoded_schema(), test::label_schema()};
  ShardWriter writer(folder / "shard.h5", {}, {0, 1, 12, 0}, fields);
  for (std::uint64_t i = 0; i < 12; ++i) {
    const std::vector<std::byte> row = encoded_row(i);
    const std::int64_t label = test::label(i);
    const std::vector<std::span<const std::byte>> rows{row, std::as_bytes(std::span(&label, 1))};
    const std::vector<ImageDims> dims{{static_cast<std::uint32_t>(i + 1), 7, 3}, {}};
    writer.append(i, rows, dims);
  }
  const ShardIndex shard = writer.commit();
  const std::vector<std::byte> bytes = read_file(folder / "shard.h5");
  for (std::uint64_t i = 0; i < 12; ++i) {
    std::uint64_t ends[2];
    ImageDims dims;
    std::memcpy(ends, &bytes[shard.fields[0].offsets_offset + i * 8], 16);
    std::memcpy(dims.data(), &bytes[shard.fields[0].dims_offset + i * 12], 12);
    const auto* begin = &bytes[shard.fields[0].data_offset];
    ASSERT_EQ(std::vector(begin + ends[0], begin + ends[1]), encoded_row(i));
    ASSERT_EQ(dims, (ImageDims{static_cast<std::uint32_t>(i + 1), 7, 3}));
  }
  EXPECT_EQ(read_shard_layout(folder / "shard.h5", {}, {0, 1, 12, 0}, fields).fields, shard.fields);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(ShardWriter, LeavesNoRowsBesideAShardThatIsDropped) {
  const hpctrain::test::TemporaryFolder folder;
  {
    ShardWriter writer(folder / "shard.h5", {}, {0, 1, 2, 0}, {encoded_schema()});
    EXPECT_FALSE(std::filesystem::is_empty(folder.path()));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(ShardWriter, LeavesNothingWhenItIsDroppedBeforeTheCommit) {
  const test::PackedFixture packed;
  const std::filesystem::path path = packed.folder / "shards/other.h5";
  { ShardWriter writer(path, packed.identity, {0, 1, 5, 0}, packed.index.fields); }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".tmp"));
}

TEST(ShardWriter, DoesNotCommitAShardWithMissingRows) {
  const test::PackedFixture packed;
  const std::filesystem::path path = packed.folder / "shards/other.h5";
  ShardWriter writer(path, packed.identity, {0, 1, 5, 0}, packed.index.fields);
  EXPECT_THROW(writer.commit(), Error);
  EXPECT_FALSE(std::filesystem::exists(path));
}

/// Ends with the fault of writing 4 MiB where files may not grow beyond `most_bytes`, and 1 when anything stayed
/// behind.
int write_on_full_disk(rlim_t most_bytes) {
  const test::PackedFixture packed;
  const std::filesystem::path path = packed.folder / "shards/large.h5";
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{most_bytes, most_bytes};
  setrlimit(RLIMIT_FSIZE, &limit);
  try {
    ShardWriter writer(path, packed.identity, {0, 1, 400, 0}, {test::image_schema(10000)});
    const std::vector<std::byte> image(10000);
    const std::vector<std::span<const std::byte>> rows{image};
    for (std::uint64_t i = 0; i < 400; ++i) writer.append(i, rows);
    writer.commit();
  } catch (const Error& error) {
    const bool is_clean = !std::filesystem::exists(path) && !std::filesystem::exists(path.string() + ".tmp");
    return is_clean ? exit_code(error.fault()) : 1;
  }
  return 0;
}

TEST(ShardWriterDeathTest, AFullDiskIsAStorageErrorAndLeavesNothing) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const rlim_t most_bytes : {0u, 100u, 5000u, 1u << 20, 3u << 20}) {
    EXPECT_EXIT(std::_Exit(write_on_full_disk(most_bytes)), testing::ExitedWithCode(74), "") << most_bytes;
  }
}

}  // namespace
}  // namespace hpctrain::data
