// The loader against a reference that walks the plan and computes every byte from the sample id.
#include "data/loader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <set>

#include "data/sample_order.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

using test::expect_error;
using test::FixtureSizes;
using test::PackedFixture;

Placement place(int rank, int world) {
  Placement placement;
  placement.rank = rank;
  placement.world = world;
  return placement;
}

LoaderPlan make_plan(std::uint64_t batch, std::uint64_t micro_batch, std::optional<std::uint64_t> epochs = 1) {
  LoaderPlan plan;
  plan.seed = 5;
  plan.batch = batch;
  plan.micro_batch = micro_batch;
  plan.epochs = epochs;
  return plan;
}

void expect_content(const PackedFixture& packed, const MicroBatch& micro) {
  const std::uint64_t row_bytes = packed.index.fields[0].row_bytes;
  ASSERT_EQ(micro.sample_ids.size(), micro.count);
  ASSERT_EQ(micro.rows[0].size(), micro.count * row_bytes);
  ASSERT_EQ(micro.rows[1].size(), micro.count * 8);
  for (std::uint64_t i = 0; i < micro.count; ++i) {
    const std::uint64_t id = micro.sample_ids[i];
    std::int64_t label = -1;
    std::memcpy(&label, micro.rows[1].data() + i * 8, 8);
    ASSERT_EQ(label, test::label(id));
    for (std::uint64_t j = 0; j < row_bytes; ++j) ASSERT_EQ(micro.rows[0][i * row_bytes + j], test::pixel(id, j));
  }
}

/// Ids by (epoch, position), from all ranks of a world; every byte is checked on the way.
using Ledger = std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t>;
Ledger load(const PackedFixture& packed, const LoaderPlan& plan, int world, const LoaderSettings& settings = {},
            Cursor start = {}) {
  Ledger ledger;
  for (int rank = 0; rank < world; ++rank) {
    Loader loader(packed.index, plan, settings, place(rank, world));
    if (start != Cursor{}) loader.seek(start);
    while (const auto lease = loader.next()) {
      expect_content(packed, **lease);
      for (std::uint64_t i = 0; i < (*lease)->count; ++i) {
        const std::uint64_t position = (*lease)->batch.first_position + (*lease)->first_in_batch + i;
        EXPECT_TRUE(ledger.emplace(std::pair((*lease)->batch.epoch, position), (*lease)->sample_ids[i]).second);
      }
    }
  }
  return ledger;
}

Ledger reference(const PackedFixture& packed, const LoaderPlan& plan, std::uint64_t epochs, std::uint64_t positions) {
  const SampleOrder order =
      make_sample_order(plan.order, plan.shuffled, plan.seed, packed.index, packed.index.split("train"));
  Ledger ledger;
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
    for (std::uint64_t i = 0; i < positions; ++i) ledger[{epoch, i}] = packed.sample_id(order.row_at(epoch, i));
  }
  return ledger;
}

TEST(Loader, GivesTheSameSamplesAtEveryWorldSizeThreadCountAndEngine) {
  const PackedFixture& packed = test::shared_fixture();
  for (const Order order : {Order::full, Order::windowed}) {
    LoaderPlan plan = make_plan(16, 5, 3);
    plan.order = order;
    const Ledger expected = reference(packed, plan, 3, 103);
    for (const int world : {1, 2, 3, 4, 8}) {
      for (const int threads : {1, 2, 4}) {
        for (const Engine engine : {Engine::mmap, Engine::pread}) {
          EXPECT_EQ(load(packed, plan, world, {threads, 4, Verify::touch, engine}), expected);
        }
      }
    }
  }
}

TEST(Loader, EndsWithTheNameOfAShardThatIsCutShortAfterItWasVerified) {
  for (const Engine engine : {Engine::mmap, Engine::pread}) {
    const PackedFixture packed({{300}, {1}, 10000});
    Loader loader(packed.index, make_plan(300, 300, {}), {2, 1, Verify::touch, engine}, place(0, 1));
    for (int epoch = 0; epoch < 2; ++epoch) ASSERT_TRUE(loader.next().has_value());  // every block was read and hashed
    std::filesystem::resize_file(packed.shard(0), 1u << 20);
    const auto read_on = [&] {
      while (loader.next()) {
      }
    };
    expect_error(Fault::data, {"shard-000000.h5", "cut short while in use"}, read_on);
    EXPECT_GE(loader.counters().verify_failures, 1u);
  }
}

/// The node's copy, which a test may break.
class CopiedShards final : public ShardLocator {
 public:
  explicit CopiedShards(const PackedFixture& packed) : packed_(packed), copies_(copies_folder_ / "copies") {
    std::filesystem::copy(packed.folder / kShardFolder, copies_);
  }
  ShardLocation locate(std::size_t shard) override {
    ShardLocation location;
    location.file = packed_.shard(shard);
    if (is_rejected_) return location;
    location.file = copies_ / location.file.filename();
    location.tier = Tier::node_cache;
    return location;
  }
  void reject(std::size_t, const ShardLocation&, const std::string& reason) override {
    is_rejected_ = true;
    reason_ = reason;
  }
  void note_position(std::uint64_t, std::uint64_t) override {}
  std::filesystem::path copy(std::size_t shard) const { return copies_ / packed_.shard(shard).filename(); }
  std::string reason() const { return reason_; }

 private:
  const PackedFixture& packed_;
  hpctrain::test::TemporaryFolder copies_folder_;
  std::filesystem::path copies_;
  std::atomic<bool> is_rejected_{false};
  std::string reason_;
};

TEST(Loader, ReadsTheNodesCopyAndGoesBackToTheSourceWhenItIsDamaged) {
  const PackedFixture& packed = test::shared_fixture();
  const LoaderPlan plan = make_plan(103, 103, 1);
  for (const bool is_damaged : {false, true}) {
    CopiedShards copies(packed);
    if (is_damaged) test::flip_bit(copies.copy(1), packed.index.shards[1].fields[0].data_offset);
    Loader loader(packed.index, plan, {1, 1, Verify::touch}, place(0, 1), {.locator = &copies});
    const auto lease = loader.next();
    ASSERT_TRUE(lease.has_value());
    expect_content(packed, **lease);
    const LoaderCounters counters = loader.counters();
    EXPECT_EQ(counters.verify_failures, is_damaged ? 1u : 0u);
    EXPECT_EQ(copies.reason().find("shard-000001.h5") != std::string::npos, is_damaged);
    if (!is_damaged) {
      EXPECT_EQ(counters.node_cache_bytes, 103u * (12 + 8 + 8));
    }
  }
}

TEST(Loader, SplitsLargeMicroBatchesOverThreadsWithoutMixingRows) {
  const PackedFixture packed({{70, 61}, {1}, 30000});
  const LoaderPlan plan = make_plan(50, 50, 2);
  const Ledger expected = reference(packed, plan, 2, 131);
  for (const int threads : {1, 2, 4}) EXPECT_EQ(load(packed, plan, 1, {threads, 1, Verify::touch}), expected);
}

TEST(Loader, ResumesAtEveryPosition) {
  const PackedFixture& packed = test::shared_fixture();
  const LoaderPlan plan = make_plan(16, 16, 2);
  const Ledger expected = reference(packed, plan, 2, 103);
  for (std::uint64_t position = 0; position < 103; ++position) {
    const Ledger rest(expected.find({1, position}), expected.end());
    EXPECT_EQ(load(packed, plan, 1, {2, 3, Verify::off}, {1, position}), rest);
  }
}

TEST(Loader, SeeksBackInMidStream) {
  const PackedFixture& packed = test::shared_fixture();
  Loader loader(packed.index, make_plan(8, 8, {}), {2, 4, Verify::touch}, place(0, 1));
  for (int turn = 0; turn < 20; ++turn) {
    std::vector<std::uint64_t> ids;
    for (int i = 0; i <= turn; ++i) {
      const auto lease = loader.next();
      if (i == 0) ids.assign((*lease)->sample_ids.begin(), (*lease)->sample_ids.end());
    }
    loader.seek({0, 0});
    const auto lease = loader.next();
    EXPECT_EQ((*lease)->batch.first_position, 0u);
    EXPECT_TRUE(turn == 0 || std::equal(ids.begin(), ids.end(), (*lease)->sample_ids.begin()));
    loader.seek({0, 0});
  }
}

TEST(Loader, KeepsALeasedBatchThroughASeek) {
  const PackedFixture& packed = test::shared_fixture();
  Loader loader(packed.index, make_plan(8, 8, {}), {1, 1, Verify::touch}, place(0, 1));
  const auto held = loader.next();
  const std::vector<std::uint64_t> before((*held)->sample_ids.begin(), (*held)->sample_ids.end());
  for (std::uint64_t epoch = 1; epoch < 30; ++epoch) {
    loader.seek({epoch, 16});
    EXPECT_EQ((*loader.next())->batch.epoch, epoch);
  }
  EXPECT_EQ(std::vector<std::uint64_t>((*held)->sample_ids.begin(), (*held)->sample_ids.end()), before);
  expect_content(packed, **held);
}

TEST(Loader, DropsOrShortensTheTail) {
  const PackedFixture& packed = test::shared_fixture();
  LoaderPlan plan = make_plan(10, 10, 2);
  EXPECT_EQ(load(packed, plan, 2).size(), 206u);
  plan.tail = Tail::drop;
  EXPECT_EQ(load(packed, plan, 2).size(), 200u);
  EXPECT_EQ(load(packed, plan, 1, {}, {0, 97}).size(), 100u);  // too few are left in epoch 0
}

TEST(Loader, ReadsOnlyTheFirstPositionsWhenTheyAreLimited) {
  const PackedFixture& packed = test::shared_fixture();
  LoaderPlan plan = make_plan(16, 16, 2);
  plan.max_samples = 21;
  EXPECT_EQ(load(packed, plan, 3), reference(packed, plan, 2, 21));
  Loader loader(packed.index, plan, {}, place(0, 1));
  EXPECT_EQ(loader.num_samples(), 21u);
  EXPECT_EQ(loader.steps_per_epoch(), 2u);
}

TEST(Loader, KeepsThePackedOrderForEvaluation) {
  const PackedFixture& packed = test::shared_fixture();
  LoaderPlan plan = make_plan(4, 4, 1);
  plan.split = "test";
  plan.shuffled = false;
  Loader loader(packed.index, plan, {2, 2, Verify::touch}, place(0, 1));
  std::uint64_t place_in_order = 103;
  while (const auto lease = loader.next()) {
    for (const std::uint64_t id : (*lease)->sample_ids) EXPECT_EQ(id, packed.sample_id(place_in_order++));
  }
  EXPECT_EQ(place_in_order, 120u);
}

TEST(Loader, DeliversEmptyMicroBatchesSoThatAllRanksStepTogether) {
  const PackedFixture packed({{9}, {1}, 12});
  for (int rank = 0; rank < 8; ++rank) {
    Loader loader(packed.index, make_plan(8, 8, 2), {1, 2, Verify::touch}, place(rank, 8));
    std::vector<std::uint64_t> counts;
    while (const auto lease = loader.next()) counts.push_back((*lease)->count);
    const std::uint64_t last = rank == 0 ? 1 : 0;
    EXPECT_EQ(counts, (std::vector<std::uint64_t>{1, last, 1, last}));
  }
}

TEST(Loader, MeasuresWhatItDoes) {
  const PackedFixture& packed = test::shared_fixture();
  Loader loader(packed.index, make_plan(16, 16, 1), {1, 2, Verify::touch}, place(0, 1));
  while (loader.next()) {
  }
  const LoaderCounters counters = loader.counters();
  EXPECT_EQ(counters.samples, 103u);
  EXPECT_EQ(counters.bytes, 103u * (12 + 8 + 8));
  EXPECT_EQ(counters.blocks_verified, 9u);  // three shards, three columns of less than 1 MiB each
  EXPECT_EQ(counters.ready_batches, 0u);
}

TEST(Loader, NamesADamagedBlockAndNeverHandsItOut) {
  const PackedFixture packed({{300}, {1}, 10000});
  test::flip_bit(packed.shard(0), packed.index.shards[0].fields[0].data_offset + 2500000, 6);
  LoaderPlan plan = make_plan(10, 10, 1);
  plan.shuffled = false;
  Loader loader(packed.index, plan, {2, 4, Verify::touch}, place(0, 1));
  for (int batch = 0; batch < 20; ++batch) ASSERT_TRUE(loader.next().has_value());  // 200 rows end before block 2
  const auto read_on = [&] {
    while (loader.next()) {
    }
  };
  expect_error(Fault::data, {"shard-000000.h5", "block 2", "field image", "samples 209 to 299", "hpctrain-pack"},
               read_on);
  expect_error(Fault::data, {"block 2"}, read_on);  // it stays refused
}

TEST(Loader, NamesADamagedSampleId) {
  const PackedFixture packed;
  test::flip_bit(packed.shard(1), packed.index.shards[1].sample_id_offset + 8);
  Loader loader(packed.index, make_plan(103, 103, 1), {}, place(0, 1));
  expect_error(Fault::data, {"shard-000001.h5", "sample_id"}, [&] { loader.next(); });
}

TEST(Loader, TrustsTheBytesWhenVerifyingIsOff) {
  const PackedFixture packed;
  test::flip_bit(packed.shard(0), packed.index.shards[0].fields[0].data_offset);
  Loader loader(packed.index, make_plan(103, 103, 1), {1, 1, Verify::off}, place(0, 1));
  EXPECT_TRUE(loader.next().has_value());
}

TEST(Loader, RefusesAShardOfAnotherSizeThanItsIndexSays) {
  const PackedFixture packed;
  std::filesystem::resize_file(packed.shard(2), packed.index.shards[2].file_bytes - 12);
  expect_error(Fault::data, {"shard-000002.h5", "copy the file again"},
               [&] { Loader(packed.index, make_plan(16, 16), {}, place(0, 1)); });
  std::filesystem::remove(packed.shard(2));
  expect_error(Fault::data, {"shard-000002.h5", "No such file"},
               [&] { Loader(packed.index, make_plan(16, 16), {}, place(0, 1)); });
}

TEST(Loader, RefusesPlansThatCannotBeCarriedOut) {
  const PackedFixture& packed = test::shared_fixture();
  const auto start = [&](const LoaderPlan& plan, int world) { Loader(packed.index, plan, {}, place(0, world)); };
  expect_error(Fault::usage, {"train.batch = 3", "4 ranks"}, [&] { start(make_plan(3, 3), 4); });
  LoaderPlan dropping = make_plan(104, 104);
  dropping.tail = Tail::drop;
  expect_error(Fault::usage, {"train.batch = 104", "103"}, [&] { start(dropping, 1); });
  LoaderPlan nothing = make_plan(4, 4);
  nothing.max_samples = 0;
  expect_error(Fault::usage, {"eval.max-samples"}, [&] { start(nothing, 1); });
  LoaderPlan unknown = make_plan(4, 4);
  unknown.split = "validation";
  expect_error(Fault::data, {"validation", "train, test"}, [&] { start(unknown, 1); });
}

TEST(Loader, RefusesAnEmptySplitAndFieldsThatAreNotDense) {
  PackedFixture packed;
  packed.index.splits.push_back({"empty", 4, 0, 0});
  LoaderPlan plan = make_plan(4, 4);
  plan.split = "empty";
  expect_error(Fault::data, {"split empty has no samples"}, [&] { Loader(packed.index, plan, {}, place(0, 1)); });
  packed.index.fields[0].kind = FieldKind::ragged;
  expect_error(Fault::data, {"field image has rows of several lengths"},
               [&] { Loader(packed.index, make_plan(4, 4), {}, place(0, 1)); });
}

TEST(Loader, NeverSleepsBesideWorkHoweverManyLeasesAreHeld) {
  const PackedFixture& packed = test::shared_fixture();
  for (const int threads : {1, 2}) {
    for (const int depth : {1, 2, 3, 6}) {
      Loader loader(packed.index, make_plan(4, 4, {}), {threads, depth, Verify::touch}, place(0, 1));
      const auto slots = static_cast<std::size_t>(depth) + 2;
      for (std::size_t most_held = 1; most_held < slots; ++most_held) {
        std::deque<BatchLease> held;
        for (int batch = 0; batch < 200; ++batch) {
          held.push_back(*loader.next());
          EXPECT_GT(held.back()->count, 0u);
          if (held.size() == most_held) batch % 2 == 0 ? held.pop_front() : held.clear();
        }
      }
    }
  }
}

TEST(Loader, SaysSoWhenEverySlotIsHeld) {
  const PackedFixture& packed = test::shared_fixture();
  Loader loader(packed.index, make_plan(4, 4, {}), {1, 1, Verify::touch}, place(0, 1));
  std::vector<BatchLease> held;
  for (int i = 0; i < 3; ++i) held.push_back(*loader.next());
  expect_error(Fault::bug, {"lease"}, [&] { loader.next(); });
}

TEST(Loader, TakesAllItsSlotsFromTheAllocatorAtOnceAndGivesThemBack) {
  class Counting final : public SlotAllocator {
   public:
    std::byte* allocate(std::size_t bytes) override {
      ++allocations;
      std::byte* memory = host_slot_allocator().allocate(bytes);
      held.insert(memory);
      return memory;
    }
    void release(std::byte* memory) noexcept override {
      held.erase(memory);
      host_slot_allocator().release(memory);
    }
    int allocations = 0;
    std::set<std::byte*> held;
  };
  const PackedFixture& packed = test::shared_fixture();
  Counting allocator;
  {
    std::optional<BatchLease> outlives;
    Loader loader(packed.index, make_plan(4, 4, 5), {2, 4, Verify::touch}, place(0, 1), {.allocator = &allocator});
    while (auto lease = loader.next()) outlives.emplace(std::move(*lease));
    EXPECT_EQ(allocator.allocations, 1);
  }
  EXPECT_TRUE(allocator.held.empty());
}

}  // namespace
}  // namespace hpctrain::data
