// A small packed data set whose every byte follows from the sample id, so that tests can say what a row must hold
// without asking the code that wrote it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "data/manifest_writer.hpp"
#include "data/shard_format.hpp"
#include "data/shard_writer.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace hpctrain::data::test {

inline std::byte pixel(std::uint64_t sample_id, std::uint64_t place) {
  return static_cast<std::byte>((sample_id * 2654435761u + place * 40503u) >> 5 & 0xff);
}
inline std::int64_t label(std::uint64_t sample_id) {
  return static_cast<std::int64_t>(sample_id * 7 % 10);
}

inline FieldSchema image_schema(std::uint64_t row_bytes) {
  FieldSchema field;
  field.name = "image";
  field.semantic = "image";
  field.axes = "HWC";
  field.sample_shape = {row_bytes, 1, 1};
  field.row_bytes = row_bytes;
  return field;
}

inline FieldSchema label_schema() {
  FieldSchema field;
  field.name = "label";
  field.semantic = "label";
  field.type = ElementType::i64;
  field.row_bytes = 8;
  field.num_classes = 10;
  for (int i = 0; i < 10; ++i) field.class_names.push_back("class " + std::to_string(i));
  return field;
}

struct FixtureSizes {
  std::vector<std::uint64_t> train_shards{40, 41, 22};
  std::vector<std::uint64_t> test_shards{17};
  std::uint64_t row_bytes = 12;
};

class PackedFixture;
const PackedFixture& shared_fixture();

/// Sample ids run backwards, so that they never equal a place in the packed order by chance.
class PackedFixture {
 public:
  /// Of default sizes, free to be edited: a copy of one that was packed once, for packing costs five disk syncs.
  PackedFixture();
  explicit PackedFixture(const FixtureSizes& sizes) : folder(temporary / "set") {
    std::filesystem::create_directories(folder / kShardFolder);
    identity.uuid = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    identity.pack_seed = 42;
    identity.pack_shuffle = true;
    identity.creator = "test";
    index.folder = folder;
    index.uuid = identity.uuid;
    index.creator = identity.creator;
    index.source_kind = "made up";
    index.pack_seed = identity.pack_seed;
    index.pack_shuffle = identity.pack_shuffle;
    index.fields = {image_schema(sizes.row_bytes), label_schema()};
    index.statistics = {{{1.5}, {0.25}, {0}, {255}}, {{4.5}, {3}, {0}, {9}}};
    for (const auto* shards : {&sizes.train_shards, &sizes.test_shards}) {
      for (const std::uint64_t count : *shards) total += count;
    }
    pack_split("train", sizes.train_shards, sizes);
    pack_split("test", sizes.test_shards, sizes);
    save_manifest(index, identity);
  }

  std::filesystem::path shard(std::uint64_t number) const { return folder / shard_path(number); }
  /// Of the record at a place of the packed order.
  std::uint64_t sample_id(std::uint64_t place) const { return total - 1 - place; }

  hpctrain::test::TemporaryFolder temporary;
  std::filesystem::path folder;
  PackIdentity identity;
  DatasetIndex index;
  std::uint64_t total = 0;

 private:
  void pack_split(const std::string& name, const std::vector<std::uint64_t>& shards, const FixtureSizes& sizes) {
    if (shards.empty()) return;
    Split split{name, index.shards.size(), shards.size(), 0};
    for (const std::uint64_t count : shards) {
      const std::string path = shard_path(index.shards.size());
      const ShardPlace place{index.shards.size(), sizes.train_shards.size() + sizes.test_shards.size(), count, packed_};
      ShardWriter writer(folder / path, identity, place, index.fields);
      for (std::uint64_t i = 0; i < count; ++i) append(writer, sample_id(packed_ + i), sizes.row_bytes);
      index.shards.push_back(writer.commit());
      index.shards.back().path = path;
      packed_ += count;
      split.num_samples += count;
    }
    index.splits.push_back(split);
  }

  static void append(ShardWriter& writer, std::uint64_t id, std::uint64_t row_bytes) {
    std::vector<std::byte> image(row_bytes);
    for (std::uint64_t j = 0; j < row_bytes; ++j) image[j] = pixel(id, j);
    const std::int64_t value = label(id);
    const std::vector<std::span<const std::byte>> rows{image, std::as_bytes(std::span(&value, 1))};
    writer.append(id, rows);
  }

  std::uint64_t packed_ = 0;
};

/// For tests that only read.
inline const PackedFixture& shared_fixture() {
  static const PackedFixture packed{FixtureSizes{}};
  return packed;
}

inline PackedFixture::PackedFixture()
    : folder(temporary / "set"),
      identity(shared_fixture().identity),
      index(shared_fixture().index),
      total(shared_fixture().total) {
  std::filesystem::copy(shared_fixture().folder, folder, std::filesystem::copy_options::recursive);
  index.folder = folder;
}

inline void flip_bit(const std::filesystem::path& path, std::uint64_t offset, int bit = 0) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const char byte = static_cast<char>(file.get() ^ (1 << bit));
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(byte);
  ASSERT_TRUE(file.good());
}

using hpctrain::test::expect_error;

}  // namespace hpctrain::data::test
