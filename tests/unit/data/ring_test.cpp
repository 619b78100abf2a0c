// The hand-over of slots where the consumer lends a hand. Whole loaders are tested in loader_test.cpp.
#include "data/ring.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>
#include <thread>

#include "data/loader_settings.hpp"

namespace hpctrain::data {
namespace {

constexpr std::uint64_t kBatch = 4, kBatches = 5, kRowBytes = 64;

std::unique_ptr<Ring> make_ring() {
  RingSettings settings;
  settings.slots = 3;
  settings.micro_batch = kBatch;
  settings.samples_per_chunk = 3;
  settings.is_copied = true;
  settings.row_bytes = {kRowBytes};
  PlannerSettings planned;
  planned.num_samples = kBatch * kBatches;
  planned.batch = planned.micro_batch = kBatch;
  planned.epochs = 1;
  return std::make_unique<Ring>(settings, MicroBatchPlanner(planned), host_slot_allocator());
}

/// Every byte of a row is the place of its sample in the epoch.
void fill(const Chunk& chunk) {
  for (std::uint64_t i = 0; i < chunk.count; ++i) {
    std::memset(chunk.destinations[1] + i * kRowBytes, static_cast<int>(chunk.first_position + i), kRowBytes);
  }
}

/// Takes all batches in turn; their bytes are those of fill().
void expect_all_batches(Ring& ring, const Waiting& waiting) {
  for (std::uint64_t batch = 0; batch < kBatches; ++batch) {
    const auto slot = ring.next_slot(waiting);
    ASSERT_TRUE(slot.has_value()) << batch;
    const MicroBatch& content = ring.content(*slot);
    ASSERT_EQ(content.count, kBatch);
    for (std::uint64_t i = 0; i < kBatch * kRowBytes; ++i) {
      ASSERT_EQ(content.rows[0][i], static_cast<std::byte>(batch * kBatch + i / kRowBytes)) << batch << ' ' << i;
    }
    ring.release(*slot);
  }
  EXPECT_FALSE(ring.next_slot(waiting).has_value());
}

TEST(Ring, IsFilledByItsConsumerWhereNobodyElseDoes) {
  const auto ring = make_ring();
  int chunks = 0;
  Waiting waiting;
  waiting.fill = [&](const Chunk& chunk) {
    ++chunks;
    fill(chunk);
    ring->finish_chunk(chunk, nullptr);
  };
  expect_all_batches(*ring, waiting);
  EXPECT_EQ(chunks, 10);  // three samples of each four, then one
  EXPECT_EQ(ring->counters().samples, kBatch * kBatches);
}

TEST(Ring, IsFilledByReadersAndItsConsumerTogether) {
  const auto ring = make_ring();
  std::thread reader([&] {
    while (const auto chunk = ring->take_chunk()) {
      fill(*chunk);
      ring->finish_chunk(*chunk, nullptr);
    }
  });
  Waiting waiting;
  waiting.fill = [&](const Chunk& chunk) {
    fill(chunk);
    ring->finish_chunk(chunk, nullptr);
  };
  for (std::uint64_t epoch = 0; epoch < 200; ++epoch) {
    ring->restart({});
    expect_all_batches(*ring, waiting);
  }
  ring->stop();
  reader.join();
}

TEST(Ring, LeavesAReadyBatchAsItIs) {
  const auto ring = make_ring();
  for (int chunk = 0; chunk < 2; ++chunk) {
    const auto taken = ring->take_chunk();
    ASSERT_TRUE(taken.has_value());
    ring->finish_chunk(*taken, nullptr);
  }
  Waiting waiting;
  waiting.fill = [](const Chunk&) { FAIL() << "the first batch is ready"; };
  EXPECT_EQ(ring->next_slot(waiting), std::optional<std::size_t>(0));
}

TEST(Ring, TellsItsConsumerWhatWentWrongInItsOwnHands) {
  const auto ring = make_ring();
  Waiting waiting;
  waiting.fill = [&](const Chunk& chunk) {
    ring->finish_chunk(chunk, std::make_exception_ptr(std::runtime_error("no such row")));
  };
  EXPECT_THROW(ring->next_slot(waiting), std::runtime_error);
}

}  // namespace
}  // namespace hpctrain::data
