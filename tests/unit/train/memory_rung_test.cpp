// In which order a run gives up speed for memory, and where it ends.
#include "train/memory_rung.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace hpctrain::train {
namespace {

/// All rungs from the first on.
std::vector<MemoryRung> ladder_of(const LadderFacts& facts) {
  std::vector<MemoryRung> rungs;
  MemoryRung rung;
  while (const auto next = plan_next_rung(rung, facts)) rungs.push_back(rung = *next);
  return rungs;
}

TEST(MemoryRung, WithoutBatchStatisticsSamplesAreHalvedFirstAndRecomputedAtTheEnd) {
  EXPECT_EQ(ladder_of({.micro_batch = 8, .can_recompute = true}),
            (std::vector<MemoryRung>{{2, false}, {4, false}, {8, false}, {8, true}}));
  EXPECT_EQ(ladder_of({.micro_batch = 5}), (std::vector<MemoryRung>{{2, false}, {3, false}, {5, false}}));
}

TEST(MemoryRung, WithBatchStatisticsRecomputationComesFirstAndNoPieceHasASingleSample) {
  EXPECT_EQ(ladder_of({.micro_batch = 8, .can_recompute = true, .has_batch_statistics = true}),
            (std::vector<MemoryRung>{{1, true}, {2, true}, {4, true}}));
  EXPECT_EQ(ladder_of({.micro_batch = 7, .has_batch_statistics = true}),
            (std::vector<MemoryRung>{{2, false}, {3, false}}));
}

TEST(MemoryRung, ReproducibleModeOnlyRecomputes) {
  EXPECT_EQ(ladder_of({.micro_batch = 8, .can_recompute = true, .is_reproducible = true}),
            (std::vector<MemoryRung>{{1, true}}));
  EXPECT_TRUE(ladder_of({.micro_batch = 8, .is_reproducible = true}).empty());
}

TEST(MemoryRung, ASingleSampleIsNotCut) {
  EXPECT_TRUE(ladder_of({.micro_batch = 1}).empty());
}

TEST(MemoryRung, PiecesAndSamplesAtOnceBelongTogether) {
  for (std::uint64_t micro_batch = 1; micro_batch < 40; ++micro_batch) {
    for (std::uint64_t samples = 1; samples < 45; ++samples) {
      const std::uint64_t pieces = plan_pieces(micro_batch, samples);
      EXPECT_LE(plan_samples_at_once({pieces, false}, micro_batch), samples);
      if (pieces > 1) {
        EXPECT_GT(plan_samples_at_once({pieces - 1, false}, micro_batch), samples);
      }
    }
  }
}

TEST(MemoryRung, SamplesAtOnceLeadBackToEveryRung) {
  for (std::uint64_t micro_batch = 1; micro_batch <= 128; ++micro_batch) {
    for (const bool has_batch_statistics : {false, true}) {
      std::uint64_t samples = micro_batch;
      for (const MemoryRung& rung :
           ladder_of({.micro_batch = micro_batch, .has_batch_statistics = has_batch_statistics})) {
        EXPECT_EQ(plan_pieces(micro_batch, plan_samples_at_once(rung, micro_batch)), rung.pieces) << micro_batch;
        EXPECT_LT(plan_samples_at_once(rung, micro_batch), samples) << "a rung that gives nothing";
        samples = plan_samples_at_once(rung, micro_batch);
      }
    }
  }
}

TEST(MemoryRung, SaysWhatItIs) {
  EXPECT_EQ(describe_rung({2, false}, 9), "at most 5 samples of a rank at once");
  EXPECT_EQ(describe_rung({4, true}, 4),
            "at most 1 sample of a rank at once and activations computed again in backward");
}

}  // namespace
}  // namespace hpctrain::train
