#include "tools/worst_samples.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "comm/thread_communicator.hpp"

namespace hpctrain::tools {
namespace {

TEST(WorstSamples, AreTheLargestErrorsOfAllRanksOnEveryRank) {
  comm::run_ranks(3, [](comm::Communicator& group) {
    const auto rank = static_cast<std::uint64_t>(group.rank());
    WorstSamples worst(3);
    // Rank r shows samples 10r … 10r+3 with errors r, r + 3, r + 6, r + 9, in two batches.
    worst.add({{10 * rank, static_cast<double>(rank), "a"}, {10 * rank + 1, rank + 3.0, "b"}});
    worst.add({{10 * rank + 2, rank + 6.0, "c"}, {10 * rank + 3, rank + 9.0, "\xff of no encoding"}});
    const auto found = worst.gather(group);
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0].sample_id, 23u);
    EXPECT_EQ(found[1].sample_id, 13u);
    EXPECT_EQ(found[2].sample_id, 3u);
    EXPECT_EQ(found[0].error, 11.0);
  });
}

TEST(WorstSamples, PutWhatIsNoNumberFirst) {
  comm::run_ranks(2, [](comm::Communicator& group) {
    WorstSamples worst(2);
    worst.add({{1, 5.0, ""}, {2, NAN, ""}, {3, INFINITY, ""}, {4, 7.0, ""}});
    const auto found = worst.gather(group);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].sample_id, 2u);
    EXPECT_EQ(found[1].sample_id, 2u);
  });
}

TEST(WorstSamples, OfEqualErrorComeBySampleId) {
  comm::run_ranks(2, [](comm::Communicator& group) {
    WorstSamples worst(2);
    worst.add({{9 - static_cast<std::uint64_t>(group.rank()), 1.0, ""}, {20, 1.0, ""}});
    const auto found = worst.gather(group);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].sample_id, 8u);
    EXPECT_EQ(found[1].sample_id, 9u);
  });
}

}  // namespace
}  // namespace hpctrain::tools
