// What only a broken group can show; that sums are right is in the suite of all back ends.
#include "comm/shared_reduction.hpp"

#include "comm/thread_communicator.hpp"
#include "support/communicator_suite.hpp"

namespace hpctrain::comm {

namespace {

TEST(SharedReduction, FreesTheRanksThatWaitForOneThatEnded) {
  std::vector<Fault> seen(3, Fault::bug);
  std::vector<std::unique_ptr<SharedReduction>> held(3);  // the ranks that notice keep theirs until all are through
  run_ranks(3, [&](Communicator& group) {
    auto& reduction = held[static_cast<std::size_t>(group.rank())];
    reduction = SharedReduction::make(group, 4096);
    ASSERT_NE(reduction, nullptr);
    if (group.rank() == 1) return reduction.reset();
    const Error error = suite::error_of([&] {
      reduction->wait(reduction->start({reduction->memory(), 16, ElementType::f32}));
    });
    seen[static_cast<std::size_t>(group.rank())] = error.fault();
    EXPECT_NE(std::string(error.what()).find("rank 1"), std::string::npos);
  });
  EXPECT_EQ(seen[0], Fault::stopped);
  EXPECT_EQ(seen[2], Fault::stopped);
}

TEST(SharedReduction, NamesRanksThatSumDifferentBuckets) {
  const Error error = suite::error_of([] {
    run_ranks(2, [](Communicator& group) {
      const auto reduction = SharedReduction::make(group, 4096);
      const std::size_t elements = group.is_leader() ? 16 : 17;
      reduction->wait(reduction->start({reduction->memory(), elements, ElementType::f32}));
    });
  });
  EXPECT_EQ(error.fault(), Fault::bug);
  const std::string text = error.what();
  EXPECT_TRUE(text.find("rank 0 began another sum than") != text.npos ||
              text.find("rank 1 began another sum than") != text.npos)
      << text;
}

TEST(SharedReduction, LeavesForeignMemoryAndOtherReductionsToOthers) {
  run_ranks(2, [](Communicator& group) {
    const auto reduction = SharedReduction::make(group, 4096);
    std::array<float, 4> elsewhere{};
    EXPECT_TRUE(reduction->can_reduce({reduction->memory(), 1024, ElementType::f32}, ReduceOp::sum));
    EXPECT_FALSE(reduction->can_reduce({elsewhere.data(), 4, ElementType::f32}, ReduceOp::sum));
    EXPECT_FALSE(reduction->can_reduce({reduction->memory(), 4, ElementType::f32}, ReduceOp::max));
    EXPECT_FALSE(reduction->can_reduce({reduction->memory(), 4, ElementType::bf16}, ReduceOp::sum));
    group.barrier();
  });
}

}  // namespace

}  // namespace hpctrain::comm
