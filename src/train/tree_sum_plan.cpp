#include "train/tree_sum_plan.hpp"

#include <bit>

#include "core/error.hpp"
#include "data/batch_plan.hpp"

namespace hpctrain::train {
namespace {

/// Walks the nodes of the tree, children before parents and left before right, and notes what one rank does at each.
class TreeWalk {
 public:
  TreeWalk(std::uint64_t micro_shards, int rank, int world)
      : micro_shards_(micro_shards),
        rank_(rank),
        world_(world),
        own_(data::plan_own_micro_shards(micro_shards, rank, world)) {}

  TreeSumPlan plan() {
    visit(0, micro_shards_);
    return plan_;
  }

 private:
  void visit(std::uint64_t first, std::uint64_t count) {
    if (count == 1) {
      if (owner_of(first) == rank_) plan_.folds_after_shard.push_back(0);
      return;
    }
    // The left subtree is complete: the largest power of two that leaves something for the right one.
    const std::uint64_t left = std::bit_floor(count - 1);
    visit(first, left);
    visit(first + left, count - left);
    join(first, first + left, first + count);
  }

  void join(std::uint64_t left, std::uint64_t right, std::uint64_t end) {
    const int to = owner_of(left), from = owner_of(right);
    if (left >= own_.first && end <= own_.first + own_.count) {
      ++plan_.folds_after_shard.back();
    } else if (to == rank_) {
      plan_.exchanges.push_back(from == rank_ ? TreeExchange{} : TreeExchange{TreeMove::receive, from});
    } else if (from == rank_) {
      plan_.exchanges.push_back({TreeMove::send, to});
    }
  }

  int owner_of(std::uint64_t shard) const {
    return static_cast<int>(shard * static_cast<std::uint64_t>(world_) / micro_shards_);
  }

  std::uint64_t micro_shards_;
  int rank_;
  int world_;
  data::Share own_;
  TreeSumPlan plan_;
};

}  // namespace

TreeSumPlan plan_tree_sum(std::uint64_t micro_shards, int rank, int world) {
  require_invariant(world > 0 && rank >= 0 && rank < world, "a rank lies inside its world");
  require_invariant(micro_shards >= static_cast<std::uint64_t>(world), "every rank has a micro-shard");
  return TreeWalk(micro_shards, rank, world).plan();
}

}  // namespace hpctrain::train
