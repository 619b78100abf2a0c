// Order, the wait before it, room, and the end.
#include "core/deferred_work.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "core/clock.hpp"

namespace hpctrain {
namespace {

using testing::ElementsAre;

constexpr double kNever = 3600;

TEST(DeferredWork, FinishHasAllOfItDoneInOrder) {
  DeferredWork work({.interval_seconds = kNever});
  std::vector<int> done;
  for (int i = 0; i < 3; ++i) work.post([&done, i] { done.push_back(i); });
  work.finish();
  EXPECT_THAT(done, ElementsAre(0, 1, 2));
  work.post([&done] { done.push_back(3); });
  work.finish();
  EXPECT_THAT(done, ElementsAre(0, 1, 2, 3));
}

TEST(DeferredWork, FinishWithNothingToDoReturns) {
  DeferredWork work({.interval_seconds = kNever});
  work.finish();
  work.finish();
  bool is_done = false;
  work.post([&is_done] { is_done = true; });
  work.finish();
  EXPECT_TRUE(is_done);
}

TEST(DeferredWork, WhatStillWaitsIsDoneAtTheEnd) {
  int done = 0;
  {
    DeferredWork work({.interval_seconds = kNever});
    for (int i = 0; i < 100; ++i) work.post([&done] { ++done; });
  }
  EXPECT_EQ(done, 100);
}

TEST(DeferredWork, IsDoneByItselfAfterTheInterval) {
  std::mutex mutex;
  std::condition_variable changed;
  int done = 0;
  DeferredWork work({.interval_seconds = 0.01});
  for (int round = 1; round <= 3; ++round) {
    work.post([&] {
      const std::lock_guard lock(mutex);
      ++done;
      changed.notify_one();
    });
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), [&] { return done == round; }));
  }
}

TEST(DeferredWork, WhenNoMoreMayWaitItIsDoneAtOnce) {
  std::atomic<int> done = 0;
  DeferredWork work({.interval_seconds = kNever, .most_waiting = 4});
  const Stopwatch watch;
  for (int i = 0; i < 1000; ++i) work.post([&done] { ++done; });
  EXPECT_GE(done, 1000 - 2 * 4);
  work.finish();
  EXPECT_EQ(done, 1000);
  EXPECT_LT(watch.seconds(), 60);
}

TEST(DeferredWork, NobodyWaitsForSlowWorkBeforeThereIsTooMuchOfIt) {
  std::mutex blocks;
  std::unique_lock held(blocks);
  DeferredWork work({.interval_seconds = 0});
  int done = 0;
  for (int i = 0; i < 100; ++i) {
    work.post([&] {
      const std::lock_guard lock(blocks);
      ++done;
    });
  }
  EXPECT_EQ(done, 0);
  held.unlock();
  work.finish();
  EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace hpctrain
