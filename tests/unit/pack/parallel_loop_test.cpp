// Every turn is taken once, and the first that fails is the one that is told of.
#include "pack/parallel_loop.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "core/error.hpp"
#include "support/expect_error.hpp"

namespace hpctrain::pack {
namespace {

TEST(ParallelLoop, TakesEveryTurnOnce) {
  for (const std::size_t threads : {1u, 2u, 9u}) {
    std::vector<int> calls(1000);
    run_parallel_loop(calls.size(), threads, [&](std::uint64_t turn) { ++calls[turn]; });
    EXPECT_EQ(calls, std::vector<int>(1000, 1));
  }
}

TEST(ParallelLoop, DoesNothingWhereThereIsNothing) {
  int calls = 0;
  run_parallel_loop(0, 4, [&](std::uint64_t) { ++calls; });
  EXPECT_EQ(calls, 0);
}

TEST(ParallelLoop, FailsWithTheSmallestTurnThatFails) {
  for (const std::size_t threads : {1u, 2u, 9u}) {
    hpctrain::test::expect_error(Fault::data, {"turn 30 of"}, [&] {
      run_parallel_loop(200, threads, [](std::uint64_t turn) {
        if (turn == 30) std::this_thread::yield();
        require(turn != 30 && turn != 31 && turn != 150, Fault::data, "turn " + std::to_string(turn) + " of 200");
      });
    });
  }
}

}  // namespace
}  // namespace hpctrain::pack
