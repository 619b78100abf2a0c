// The suite of all back ends over threads, and the promise that a failing rank leaves nobody waiting.
#include "comm/thread_communicator.hpp"

#include "support/communicator_suite.hpp"
#include "support/gradient_channel_suite.hpp"

namespace hpctrain::comm {

namespace {

class ThreadBackEnd : public testing::TestWithParam<std::tuple<int, suite::Behaviour>> {};

TEST_P(ThreadBackEnd, Behaves) {
  const auto& [ranks, behaviour] = GetParam();
  run_ranks(ranks, behaviour.check);
}

INSTANTIATE_TEST_SUITE_P(Communicator, ThreadBackEnd,
                         testing::Combine(testing::Values(1, 2, 3, 4, 7), testing::ValuesIn(suite::all_behaviours())),
                         [](const auto& parameter) {
                           return std::string(std::get<1>(parameter.param).name) + "On" +
                                  std::to_string(std::get<0>(parameter.param));
                         });

class ThreadChannel : public testing::TestWithParam<std::tuple<int, suite::ChannelBehaviour>> {};

TEST_P(ThreadChannel, Behaves) {
  const auto& [ranks, behaviour] = GetParam();
  run_ranks(ranks, [&](Communicator& group) {
    suite::HostEnd end(group);
    behaviour.check(end);
  });
}

INSTANTIATE_TEST_SUITE_P(GradientChannel, ThreadChannel,
                         testing::Combine(testing::Values(1, 2, 3), testing::ValuesIn(suite::all_channel_behaviours())),
                         [](const auto& parameter) {
                           return std::string(std::get<1>(parameter.param).name) + "On" +
                                  std::to_string(std::get<0>(parameter.param));
                         });

TEST(RunRanks, RethrowsTheFirstFailureAndFreesTheRanksThatWaitForIt) {
  std::vector<Fault> seen(3, Fault::bug);
  const Error error = suite::error_of([&] {
    run_ranks(3, [&](Communicator& group) {
      if (group.rank() == 1) throw Error(Fault::data, "rank one fails");
      try {
        group.barrier();
      } catch (const Error& stopped) {
        seen[static_cast<std::size_t>(group.rank())] = stopped.fault();
        throw;
      }
    });
  });
  EXPECT_STREQ(error.what(), "rank one fails");
  EXPECT_EQ(seen[0], Fault::stopped);
  EXPECT_EQ(seen[2], Fault::stopped);
}

TEST(RunRanks, FreesAReceiverWhoseSenderLeft) {
  const Error error = suite::error_of([] {
    run_ranks(2, [](Communicator& group) {
      std::byte byte{};
      if (group.rank() == 0) group.receive({&byte, 1}, 1, 0);
    });
  });
  EXPECT_EQ(error.fault(), Fault::stopped);
}

TEST(RunRanks, NamesACollectiveThatNotAllRanksCalled) {
  const Error error = suite::error_of([] {
    run_ranks(2, [](Communicator& group) {
      std::int32_t value = 0;
      if (group.rank() == 0) {
        group.barrier();
      } else {
        group.all_reduce({&value, 1, ElementType::i32}, ReduceOp::sum);
      }
    });
  });
  EXPECT_EQ(error.fault(), Fault::bug);
}

TEST(ThreadCommunicator, AddsInRankOrder) {
  // (1e8 + 1) - 1e8 loses the one in float32, (1e8 - 1e8) + 1 keeps it: only rank order gives zero.
  run_ranks(3, [](Communicator& group) {
    const std::array<float, 3> values = {1e8F, 1.0F, -1e8F};
    float sum = values[static_cast<std::size_t>(group.rank())];
    group.all_reduce({&sum, 1, ElementType::f32}, ReduceOp::sum);
    EXPECT_EQ(sum, 0.0F);
  });
}

TEST(ThreadCommunicator, ASingleRankNeedsNoThread) {
  const auto alone = make_single_rank_communicator();
  std::int32_t value = 5;
  alone->all_reduce({&value, 1, ElementType::i32}, ReduceOp::sum);
  EXPECT_EQ(value, 5);
  EXPECT_EQ(alone->size(), 1);
}

}  // namespace

}  // namespace hpctrain::comm
