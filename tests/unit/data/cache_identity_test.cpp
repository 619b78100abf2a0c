// Whatever the cache does, loaders deliver the same samples in the same order: against a walk of the order that knows
// no cache and computes every byte from the sample id.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <system_error>

#include "data/loader.hpp"
#include "data/node_cache.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

using hpctrain::test::TemporaryFolder;
using test::PackedFixture;

constexpr std::uint64_t kBatch = 16;
constexpr std::uint64_t kEpochs = 2;

using Ledger = std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t>;

LoaderPlan make_plan(Order order) {
  LoaderPlan plan;
  plan.seed = 9;
  plan.batch = kBatch;
  plan.micro_batch = 5;
  plan.epochs = kEpochs;
  plan.order = order;
  return plan;
}

Ledger walk(const PackedFixture& packed, Order order) {
  const Split& split = packed.index.split("train");
  const SampleOrder walked = make_sample_order(order, true, 9, packed.index, split);
  Ledger ledger;
  for (std::uint64_t epoch = 0; epoch < kEpochs; ++epoch) {
    for (std::uint64_t position = 0; position < split.num_samples; ++position) {
      ledger[{epoch, position}] = packed.sample_id(walked.row_at(epoch, position));
    }
  }
  return ledger;
}

void add(const PackedFixture& packed, const MicroBatch& micro, Ledger& ledger) {
  const std::uint64_t row_bytes = packed.index.fields[0].row_bytes;
  for (std::uint64_t i = 0; i < micro.count; ++i) {
    const std::uint64_t id = micro.sample_ids[i];
    for (std::uint64_t j = 0; j < row_bytes; ++j) ASSERT_EQ(micro.rows[0][i * row_bytes + j], test::pixel(id, j));
    const std::uint64_t position = micro.batch.first_position + micro.first_in_batch + i;
    ASSERT_TRUE(ledger.emplace(std::pair(micro.batch.epoch, position), id).second);
  }
}

struct World {
  CacheMode mode;
  int ranks;
  int threads;
  bool loses_cache = false;
};

CacheContent content_of(const PackedFixture& packed, Order order) {
  return {.splits = {"train"}, .uses = [&packed, order](std::uint64_t epoch) {
            const Split& split = packed.index.split("train");
            return plan_shard_uses(make_sample_order(order, true, 9, packed.index, split).in_epoch(epoch),
                                   rows_of_shards(packed.index, split));
          }};
}

/// All ranks of one node, step by step, as they run side by side in a job.
Ledger deliver(const PackedFixture& packed, const World& world) {
  const TemporaryFolder scratch;
  const Order order = world.mode == CacheMode::stream ? Order::windowed : Order::full;
  const std::uint64_t limit = packed.index.shards[0].file_bytes * 2 + 4'000;
  const CachePlan plan{world.mode, world.mode == CacheMode::stream ? limit : 1ull << 30, "", false};
  std::vector<std::unique_ptr<NodeCache>> caches;
  std::vector<std::unique_ptr<Loader>> loaders;
  for (int rank = 0; rank < world.ranks; ++rank) {
    const Placement placement{rank, world.ranks, 0, 1, rank, world.ranks, "here"};
    caches.push_back(
        std::make_unique<NodeCache>(packed.index, plan, scratch.path(), content_of(packed, order), placement));
    LoaderSettings settings;
    settings.threads = world.threads;
    loaders.push_back(std::make_unique<Loader>(packed.index, make_plan(order), settings, placement,
                                               LoaderSeams{.locator = caches.back().get()}));
  }
  Ledger ledger;
  int micro_steps = 0;
  for (bool goes_on = true; goes_on; ++micro_steps) {
    goes_on = false;
    for (const auto& loader : loaders) {
      const auto lease = loader->next();
      if (!lease) continue;
      goes_on = true;
      add(packed, **lease, ledger);
    }
    std::error_code ignored;  // a copy may be finished while its folder is emptied
    if (world.loses_cache && micro_steps >= 2) std::filesystem::remove_all(scratch.path(), ignored);
  }
  return ledger;
}

void expect_identity(const World& world) {
  const PackedFixture& packed = test::shared_fixture();
  const Order order = world.mode == CacheMode::stream ? Order::windowed : Order::full;
  EXPECT_EQ(deliver(packed, world), walk(packed, order)) << world.ranks << " ranks, " << world.threads << " threads";
}

TEST(CacheIdentity, NoModeWorldSizeOrThreadCountChangesASample) {
  for (const CacheMode mode : {CacheMode::none, CacheMode::replicate, CacheMode::stream}) {
    for (const int ranks : {1, 2, 3, 4, 8}) {
      for (const int threads : {1, 3}) expect_identity({mode, ranks, threads});
    }
  }
}

TEST(CacheIdentity, ACacheThatVanishesInMidEpochChangesNoSample) {
  for (const CacheMode mode : {CacheMode::replicate, CacheMode::stream}) {
    for (const int ranks : {1, 4}) expect_identity({mode, ranks, 2, true});
  }
}

}  // namespace
}  // namespace hpctrain::data
