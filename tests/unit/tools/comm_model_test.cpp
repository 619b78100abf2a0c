// Sums over ranks by formula, and the same formulas against sums over links that are slow on purpose: threads as ranks,
// messages that take their time, computing that sleeps.
#include "tools/comm_model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "comm/thread_communicator.hpp"
#include "core/clock.hpp"

namespace hpctrain::tools {
namespace {

constexpr Link kSlow{0.002, 250e6};
constexpr double kMiB = 1 << 20;

TEST(CommModel, ARingPassesEachByteTwiceAndATreeClimbsItsLevels) {
  const Link link{1e-3, 1e6};
  EXPECT_DOUBLE_EQ(sum_seconds(SumRoute::ring, link, 4, 1e6), 6e-3 + 1.5);
  EXPECT_DOUBLE_EQ(sum_seconds(SumRoute::tree, link, 5, 1e6), 6e-3 + 6.0);
  EXPECT_DOUBLE_EQ(sum_seconds(SumRoute::shared_memory, link, 2, 1e6), 2e-3 + 2.0);
  for (const auto route : {SumRoute::ring, SumRoute::tree, SumRoute::shared_memory}) {
    EXPECT_EQ(sum_seconds(route, link, 1, 1e6), 0);
  }
}

TEST(CommModel, FewBytesTakeTheTreeAndManyTheRing) {
  const Cluster cluster{1, {}, {1e-4, 1e9}};
  EXPECT_EQ(sum_seconds(cluster, 64, 100), sum_seconds(SumRoute::tree, cluster.network, 64, 100));
  EXPECT_EQ(sum_seconds(cluster, 64, 1e9), sum_seconds(SumRoute::ring, cluster.network, 64, 1e9));
}

TEST(CommModel, RanksOfANodeMeetBeforeNodesDo) {
  const Cluster cluster{4, {1e-6, 1e10}, {1e-5, 1e9}};
  EXPECT_EQ(sum_seconds(cluster, 4, 1e6), sum_seconds(SumRoute::shared_memory, cluster.node, 4, 1e6));
  EXPECT_GT(sum_seconds(cluster, 8, 1e6), sum_seconds(cluster, 4, 1e6));
}

TEST(CommModel, AFitFindsTheLinkThatMadeTheMeasurements) {
  std::vector<SumMeasurement> measured;
  for (const int ranks : {2, 4}) {
    for (const double bytes : {1e5, 1e7}) {
      measured.push_back({ranks, bytes, sum_seconds(SumRoute::ring, kSlow, ranks, bytes)});
    }
  }
  const Link found = fit_link(SumRoute::ring, measured);
  EXPECT_NEAR(found.latency_seconds, kSlow.latency_seconds, 1e-9);
  EXPECT_NEAR(found.bytes_per_second / kSlow.bytes_per_second, 1, 1e-6);
}

TEST(CommModel, WhatFitsUnderBackwardIsNotExposed) {
  const std::array<BucketTime, 3> buckets = {BucketTime{1, 10}, BucketTime{2, 10}, BucketTime{5, 10}};
  EXPECT_DOUBLE_EQ(exposed_seconds(buckets, 6, [](double) { return 1; }), 0);
  EXPECT_DOUBLE_EQ(exposed_seconds(buckets, 5, [](double) { return 1; }), 1);  // the last one has nothing to hide under
  EXPECT_DOUBLE_EQ(exposed_seconds(buckets, 5, [](double) { return 3; }), 5);  // they queue from the first on
}

/// One rank's sums over links that are slow on purpose.
class SlowSums {
 public:
  SlowSums(comm::Communicator& group, SumRoute route) : group_(group), route_(route) {}

  void run(double bytes) {
    if (route_ == SumRoute::ring) {
      ring(bytes);
    } else {
      tree(bytes);
    }
  }

 private:
  void ring(double bytes) {
    const int ranks = group_.size();
    for (int message = 0; message < 2 * (ranks - 1); ++message) {
      send((group_.rank() + 1) % ranks, bytes / ranks);
      receive((group_.rank() + ranks - 1) % ranks);
    }
  }

  /// Sums climb to rank zero and come down again.
  void tree(double bytes) {
    const int rank = group_.rank();
    int height = 1;
    for (; height < group_.size() && rank % (2 * height) == 0; height *= 2) receive(rank + height);
    if (rank != 0) {
      send(rank - height, bytes);
      receive(rank - height);
    }
    for (height /= 2; height >= 1; height /= 2) send(rank + height, bytes);
  }

  void send(int to, double bytes) {
    const std::chrono::duration<double> delay(kSlow.latency_seconds + bytes / kSlow.bytes_per_second);
    std::this_thread::sleep_for(delay);
    const std::array<std::byte, 1> word{};
    group_.send(word, to, 1);
  }
  void receive(int from) {
    std::array<std::byte, 1> word{};
    group_.receive(word, from, 1);
  }

  comm::Communicator& group_;
  SumRoute route_;
};

/// Of the slowest rank, in the fastest of eight tries: what other programs of the machine take is no link's.
double measure(int ranks, const std::function<void(comm::Communicator&)>& work) {
  double best = 1e9;
  for (int attempt = 0; attempt < 8; ++attempt) {
    std::mutex mutex;
    double slowest = 0;
    comm::run_ranks(ranks, [&](comm::Communicator& group) {
      group.barrier();
      const Stopwatch watch;
      work(group);
      const std::lock_guard lock(mutex);
      slowest = std::max(slowest, watch.seconds());
    });
    best = std::min(best, slowest);
  }
  return best;
}

class SlowLinks : public testing::TestWithParam<SumRoute> {};

TEST_P(SlowLinks, AForecastForEightRanksFromTwoAndFourIsWithinFifteenPercent) {
  const SumRoute route = GetParam();
  std::vector<SumMeasurement> measured;
  for (const int ranks : {2, 4}) {
    for (const double bytes : {0.5 * kMiB, 4 * kMiB}) {
      const double seconds = measure(ranks, [&](auto& group) { SlowSums(group, route).run(bytes); });
      measured.push_back({ranks, bytes, seconds});
    }
  }
  const Link link = fit_link(route, measured);

  // Backward sleeps; another thread of each rank sums a bucket as soon as it is ready.
  const std::array<BucketTime, 3> buckets = {BucketTime{0.02, kMiB}, BucketTime{0.05, 3 * kMiB},
                                             BucketTime{0.09, 2 * kMiB}};
  const double backward = 0.1;
  const double truth = measure(8, [&](comm::Communicator& group) {
    const auto began = std::chrono::steady_clock::now();
    const auto at = [&](double seconds) {
      return began +
             std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds));
    };
    std::thread sums([&] {
      SlowSums slow(group, route);
      for (const auto& bucket : buckets) {
        std::this_thread::sleep_until(at(bucket.ready_seconds));
        slow.run(bucket.bytes);
      }
    });
    std::this_thread::sleep_until(at(backward));
    sums.join();
  });
  const double forecast =
      backward + exposed_seconds(buckets, backward, [&](double bytes) { return sum_seconds(route, link, 8, bytes); });
  EXPECT_GT(truth, 1.2 * backward) << "nothing was exposed, so nothing was forecast";
  EXPECT_LT(std::abs(forecast / truth - 1), 0.15) << "forecast " << forecast << " s, truth " << truth << " s";
}

INSTANTIATE_TEST_SUITE_P(Routes, SlowLinks, testing::Values(SumRoute::ring, SumRoute::tree),
                         [](const auto& route) { return route.param == SumRoute::ring ? "Ring" : "Tree"; });

}  // namespace
}  // namespace hpctrain::tools
