// The hand-over of slots where the consumer lends a hand. Whole loaders are tested in loader_test.cpp.
#include "data/ring.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "data/loader_settings.hpp"

namespace hpctrain::data {
namespace {

constexpr std::uint64_t kBatch = 4, kBatches = 5, kRowBytes = 64;

std::unique_ptr<Ring> make_ring(bool is_copied = true) {
  RingSettings settings;
  settings.slots = 3;
  settings.micro_batch = kBatch;
  settings.samples_per_chunk = 3;
  settings.is_copied = is_copied;
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

/// Threads that fill what a ring gives them, until the end of their scope.
class Readers {
 public:
  Readers(Ring& ring, int count) : ring_(ring) {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this] { read(); });
  }
  ~Readers() {
    ring_.stop();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void read() {
    while (const auto chunk = ring_.take_chunk()) {
      fill(*chunk);
      ring_.finish_chunk(*chunk, nullptr);
    }
  }

  Ring& ring_;
  std::vector<std::thread> threads_;
};

struct RingWay {
  bool is_copied;  ///< readers are woken for several small slots at once
  int readers;
  bool consumer_fills;
};

class RingOfReaders : public testing::TestWithParam<RingWay> {};

TEST_P(RingOfReaders, HandsOverEveryBatchOfManyEpochs) {
  const auto ring = make_ring(GetParam().is_copied);
  const Readers readers(*ring, GetParam().readers);
  Waiting waiting;
  if (GetParam().consumer_fills) {
    waiting.fill = [&](const Chunk& chunk) {
      fill(chunk);
      ring->finish_chunk(chunk, nullptr);
    };
  }
  for (std::uint64_t epoch = 0; epoch < 200; ++epoch) {
    ring->restart({});
    expect_all_batches(*ring, waiting);
  }
  EXPECT_EQ(ring->counters().samples, 200 * kBatch * kBatches);
}

INSTANTIATE_TEST_SUITE_P(Ways, RingOfReaders,
                         testing::Values(RingWay{true, 1, true}, RingWay{true, 2, true}, RingWay{true, 3, false},
                                         RingWay{false, 1, true}, RingWay{false, 2, true}, RingWay{false, 3, false}));

TEST(Ring, SaysThatItStalledAlsoWhereItsConsumerFilledMeanwhile) {
  const auto ring = make_ring();
  int stalls = 0;
  Waiting waiting;
  waiting.stall_seconds = 0.01;
  waiting.on_stall = [&] { ++stalls; };
  waiting.fill = [&](const Chunk& chunk) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ring->finish_chunk(chunk, nullptr);
  };
  EXPECT_TRUE(ring->next_slot(waiting).has_value());
  EXPECT_EQ(stalls, 1);
  EXPECT_EQ(ring->counters().stalls, 1u);
  EXPECT_GE(ring->counters().wait_seconds, 0.02);
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
