// Shards as memory: which row lies where, and what happens when a file shrinks under the mapping.
#include "data/mapped_shards.hpp"

#include <gtest/gtest.h>

#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

using test::expect_error;
using test::PackedFixture;

TEST(MappedShards, FindsTheShardOfEveryRow) {
  const PackedFixture& packed = test::shared_fixture();
  const MappedShards shards(packed.index, packed.index.split("train"));
  std::uint64_t row = 0;
  for (std::size_t shard = 0; shard < 3; ++shard) {
    for (std::uint64_t i = 0; i < packed.index.shards[shard].num_samples; ++i, ++row) {
      const RowPlace place = shards.place_of(row);
      ASSERT_EQ(place.shard, shard);
      ASSERT_EQ(place.row, i);
    }
  }
  EXPECT_EQ(row, 103u);
}

TEST(MappedShards, MapsOnlyTheShardsOfItsSplit) {
  const PackedFixture& packed = test::shared_fixture();
  const MappedShards shards(packed.index, packed.index.split("test"));
  ASSERT_EQ(shards.count(), 1u);
  std::uint64_t id = 0;
  std::memcpy(&id, shards.bytes(0) + shards.layout(0).sample_id_offset, sizeof id);
  EXPECT_EQ(id, packed.sample_id(103));
}

TEST(MappedShards, NamesAFileThatWasCutAfterItWasMapped) {
  const PackedFixture packed({{300}, {1}, 10000});
  const MappedShards shards(packed.index, packed.index.split("train"));
  std::filesystem::resize_file(packed.shard(0), 1u << 20);
  shards.populate(0, 0, 1u << 20);
  expect_error(Fault::data, {"shard-000000.h5", "cut short while in use"}, [&] { shards.populate(0, 2u << 20, 4096); });
}

}  // namespace
}  // namespace hpctrain::data
