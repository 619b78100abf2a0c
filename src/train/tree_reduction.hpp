// Gradients that do not depend on the number of ranks: those of each micro-shard are kept apart and added along a fixed
// tree, within a rank and between ranks alike. The reproducible mode's twin of GradientSync.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "comm/communicator.hpp"
#include "monitor/step_clock.hpp"
#include "train/gradient_buckets.hpp"
#include "train/gradient_reduction.hpp"
#include "train/step_statistics.hpp"
#include "train/tree_sum_plan.hpp"
#include "train/wholeness.hpp"

namespace hpctrain::train {

class TreeReduction final : public GradientReduction {
 public:
  /// What is added, and among whom; all of it outlives the reduction. No other messages travel in `group` meanwhile.
  struct Parts {
    GradientBuckets& buckets;
    StepStatistics& statistics;
    comm::Communicator& group;
    std::uint64_t micro_shards;  ///< at least as many as there are ranks
    Wholeness& wholeness;
    monitor::StepClock& clock;
  };

  explicit TreeReduction(const Parts& parts);

  void start_step() override;
  /// Nothing leaves during backward: the last micro-shard's sum is a block of its own.
  void start_backward(bool /*is_last*/) override {}
  /// A micro-shard's gradients become a block, in Phase::backward. Micro-steps beyond this rank's micro-shards add
  /// nothing.
  ///   cost  copies or adds the gradients once and clears them; up to 2·log2(micro_shards) blocks of their size are
  ///   kept
  void end_micro_step() override;
  /// Nothing is exchanged before all ranks are known to be whole.
  ///   cost  log2(micro_shards) rounds in which sums of all gradients travel from rank to rank, then one broadcast
  bool wait(bool is_whole) override;

 private:
  void begin_shard();
  void push();
  void fold();
  void exchange(const TreeExchange& step);

  Parts parts_;
  TreeSumPlan plan_;
  std::vector<torch::Tensor> blocks_;  ///< sums of this rank's subtrees, in the order of its micro-shards
  std::vector<torch::Tensor> spare_;   ///< memory of blocks that were added to others
  std::size_t shards_done_ = 0;        ///< of this step
};

}  // namespace hpctrain::train
