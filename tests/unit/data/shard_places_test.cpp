// Shards as places: which row lies where, and what happens when a file shrinks under its reader or moves.
#include "data/shard_places.hpp"

#include <gtest/gtest.h>

#include "data/damaged_place.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

using test::expect_error;
using test::PackedFixture;

TEST(SplitLayout, FindsTheShardOfEveryRow) {
  const PackedFixture& packed = test::shared_fixture();
  const SplitLayout layout(packed.index, packed.index.split("train"));
  std::uint64_t row = 0;
  for (std::size_t shard = 0; shard < 3; ++shard) {
    for (std::uint64_t i = 0; i < packed.index.shards[shard].num_samples; ++i, ++row) {
      const RowPlace place = layout.place_of(row);
      ASSERT_EQ(place.shard, shard);
      ASSERT_EQ(place.row, i);
    }
  }
  EXPECT_EQ(row, 103u);
}

TEST(ShardPlaces, OpensOnlyTheShardsOfItsSplit) {
  const PackedFixture& packed = test::shared_fixture();
  const SplitLayout layout(packed.index, packed.index.split("test"));
  for (const Engine engine : {Engine::mmap, Engine::pread}) {
    ShardPlaces places(layout, packed.folder, nullptr, {engine, true});
    const auto table = places.table();
    ASSERT_EQ(table->size(), 1u);
    std::uint64_t id = 0;
    (*table)[0]->read_at(layout.shard(0).sample_id_offset, std::as_writable_bytes(std::span(&id, 1)));
    EXPECT_EQ(id, packed.sample_id(103));
  }
}

TEST(ShardPlaces, AreMappedWhereTheSplitFitsMemoryOrItsRowsAreShort) {
  const auto engine_of = [](const PackedFixture& packed, std::uint64_t room) {
    const SplitLayout layout(packed.index, packed.index.split("train"));
    return ShardPlaces(layout, packed.folder, nullptr, {Engine::automatic, true, room}).engine();
  };
  const PackedFixture long_rows({{300}, {1}, 10000});
  const std::uint64_t bytes = long_rows.index.shards[0].file_bytes;
  EXPECT_EQ(engine_of(long_rows, 2 * bytes), Engine::mmap);
  EXPECT_EQ(engine_of(long_rows, 2 * bytes - 1), Engine::pread);
  EXPECT_EQ(engine_of(test::shared_fixture(), 0), Engine::mmap);
}

TEST(OpenShard, GivesBackWhatItsKeptColumnsTookOfTheBudget) {
  const PackedFixture& packed = test::shared_fixture();
  const SplitLayout layout(packed.index, packed.index.split("train"));
  std::atomic<std::int64_t> budget{1000};
  const auto take = [&] {
    budget -= 8;
    return ResidentMemory(new std::byte[8], {&budget, 8});
  };
  {
    OpenShard shard(layout, 0, {packed.shard(0), Tier::source, false, false}, {false, true});
    const std::byte* kept = shard.keep_resident(0, take());
    EXPECT_EQ(shard.keep_resident(0, take()), kept) << "another thread was earlier";
    EXPECT_EQ(budget, 992);
    EXPECT_EQ(shard.resident(0), kept);
  }
  EXPECT_EQ(budget, 1000);
}

TEST(ShardPlaces, NamesAFileThatWasCutAfterItWasOpened) {
  for (const Engine engine : {Engine::mmap, Engine::pread}) {
    const PackedFixture packed({{300}, {1}, 10000});
    const SplitLayout layout(packed.index, packed.index.split("train"));
    ShardPlaces places(layout, packed.folder, nullptr, {engine, true});
    std::filesystem::resize_file(packed.shard(0), 1u << 20);
    const auto table = places.table();
    std::vector<std::byte> bytes(4096);
    (*table)[0]->read_at(0, bytes);
    try {
      (*table)[0]->read_at(2u << 20, bytes);
      FAIL() << "bytes that are no longer there were read";
    } catch (const DamagedPlace& damage) {
      EXPECT_NE(std::string(damage.what()).find("cut short while in use"), std::string::npos);
      expect_error(Fault::data, {"shard-000000.h5", "cut short while in use"},
                   [&] { places.replace(*(*table)[0], damage.what()); });
    }
  }
}

}  // namespace
}  // namespace hpctrain::data
