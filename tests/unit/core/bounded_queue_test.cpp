// The queue between threads: order, limits, and ends that reach everybody.
#include "core/bounded_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace hpctrain {
namespace {

TEST(BoundedQueue, GivesElementsInTheOrderOfArrival) {
  BoundedQueue<int> queue(3);
  for (const int value : {1, 2, 3}) ASSERT_TRUE(queue.push(value));
  for (const int value : {1, 2, 3}) EXPECT_EQ(queue.pop(), value);
  EXPECT_EQ(queue.try_pop(), std::nullopt);
}

TEST(BoundedQueue, CarriesElementsThatOnlyMove) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  ASSERT_TRUE(queue.push(std::make_unique<int>(5)));
  EXPECT_EQ(**queue.pop(), 5);
}

TEST(BoundedQueue, AFullQueueHoldsItsWriterBack) {
  BoundedQueue<int> queue(2);
  std::atomic<int> pushed{0};
  std::thread writer([&] {
    for (int i = 0; i < 5 && queue.push(i); ++i) ++pushed;
  });
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(queue.pop(), i);
    EXPECT_LE(pushed, i + 1 + 2 + 1);  // taken, stored, and one that may just have been let in
  }
  writer.join();
  EXPECT_EQ(queue.size(), 0u);
}

TEST(BoundedQueue, ManyThreadsLoseAndDoubleNothing) {
  BoundedQueue<int> queue(4);
  constexpr int kWriters = 3, kReaders = 3, kEach = 2000;
  std::vector<std::atomic<int>> seen(kWriters * kEach);
  std::vector<std::thread> writers, readers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kEach; ++i) EXPECT_TRUE(queue.push(w * kEach + i));
    });
  }
  for (int r = 0; r < kReaders; ++r) {
    readers.emplace_back([&] {
      while (const std::optional<int> value = queue.pop()) ++seen[static_cast<std::size_t>(*value)];
    });
  }
  for (std::thread& writer : writers) writer.join();
  queue.close();
  for (std::thread& reader : readers) reader.join();
  for (const std::atomic<int>& count : seen) EXPECT_EQ(count, 1);
}

TEST(BoundedQueue, CloseLetsReadersDrainThenEndsThem) {
  BoundedQueue<int> queue(2);
  ASSERT_TRUE(queue.push(1));
  queue.close();
  EXPECT_FALSE(queue.push(2));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, CloseWakesAWaitingReaderAndAWaitingWriter) {
  BoundedQueue<int> empty(1), full(1);
  ASSERT_TRUE(full.push(1));
  std::optional<int> popped = 7;
  bool was_taken = true;
  std::thread reader([&] { popped = empty.pop(); });
  std::thread writer([&] { was_taken = full.push(2); });
  empty.close();
  full.close();
  reader.join();
  writer.join();
  EXPECT_EQ(popped, std::nullopt);
  EXPECT_FALSE(was_taken);
}

TEST(BoundedQueue, FailureReachesEveryReaderAfterTheGoodElements) {
  BoundedQueue<int> queue(2);
  ASSERT_TRUE(queue.push(1));
  queue.fail(std::make_exception_ptr(std::runtime_error("first")));
  queue.fail(std::make_exception_ptr(std::runtime_error("second")));
  EXPECT_EQ(queue.pop(), 1);
  for (int reader = 0; reader < 2; ++reader) {
    try {
      queue.pop();
      FAIL() << "no exception";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "first");
    }
  }
  EXPECT_THROW(queue.try_pop(), std::runtime_error);
}

TEST(BoundedQueue, NeedsRoomForOneElement) {
  EXPECT_THROW(BoundedQueue<int>(0), Error);
}

}  // namespace
}  // namespace hpctrain
