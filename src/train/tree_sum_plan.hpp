// A sum over the micro-shards of a batch, added along a tree that their number alone decides: what each rank does for
// it, and in which order. Pure, so that every world size can be checked against one picture of the tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hpctrain::train {

/// A rank holds a row of blocks, each the sum of a subtree, in the order of its micro-shards.
enum class TreeMove {
  fold,     ///< add the last block to the one before it
  receive,  ///< add a peer's block to the last one
  send,     ///< give the first block to a peer
};

struct TreeExchange {
  TreeMove move = TreeMove::fold;
  int peer = 0;  ///< of receive and send

  bool operator==(const TreeExchange&) const = default;
};

struct TreeSumPlan {
  /// By micro-shard of this rank: its sum becomes the last block, then the last one is folded so many times.
  std::vector<std::size_t> folds_after_shard;
  /// After them all. Rank zero then holds one block, the whole sum; the others hold none.
  std::vector<TreeExchange> exchanges;

  bool operator==(const TreeSumPlan&) const = default;
};

/// Neighbours are added in pairs, then the pairs' sums, and so on; what has no neighbour waits for the next round. Rank
/// r owns the micro-shards that data::plan_own_micro_shards() gives it, and the node above two subtrees belongs to the
/// owner of the left one. All ranks' moves follow one order of the nodes, so a peer is never waited for in a circle.
///   cost  a rank sends at most 2·log2(micro_shards) blocks and holds as many
TreeSumPlan plan_tree_sum(std::uint64_t micro_shards, int rank, int world);

}  // namespace hpctrain::train
