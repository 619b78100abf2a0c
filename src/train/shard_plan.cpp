#include "train/shard_plan.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/integer_division.hpp"

namespace hpctrain::train {
namespace {

/// Values for each element, of the parameters' own type.
std::int64_t state_values(const OptimizerSettings& settings) {
  switch (settings.kind) {
    case OptimizerKind::sgd:
      return settings.momentum > 0 ? 1 : 0;
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      return 2;
    case OptimizerKind::lars:
      return 1;
  }
  throw Error(Fault::bug, "optimizer kind without a size");
}

}  // namespace

ShardPlan plan_shards(std::span<const std::int64_t> elements, int world) {
  require_invariant(world >= 1, "state is cut among one rank or more");
  ShardPlan plan;
  std::int64_t total = 0;
  for (const std::int64_t count : elements) {
    require_invariant(count >= 1, "a parameter has at least one element");
    plan.offsets.push_back(total);
    total += round_up(count, kShardAlignment);
  }
  plan.block_elements = round_up(divide_up(total, world), kShardAlignment);
  for (std::size_t p = 0; p < elements.size(); ++p) {
    for (std::int64_t first = 0; first < elements[p];) {
      const std::int64_t owner = (plan.offsets[p] + first) / plan.block_elements;
      const std::int64_t left_in_block = (owner + 1) * plan.block_elements - plan.offsets[p] - first;
      const std::int64_t count = std::min(elements[p] - first, left_in_block);
      plan.pieces.push_back({p, static_cast<int>(owner), first, count});
      first += count;
    }
  }
  return plan;
}

ShardSize shard_size(const ShardPlan& plan, int rank) {
  ShardSize size;
  for (const ShardPiece& piece : plan.pieces) {
    if (piece.owner != rank) continue;
    size.elements += piece.elements;
    size.parameters += 1;
  }
  return size;
}

std::int64_t plan_optimizer_bytes(const OptimizerSettings& settings, bool has_average, const ShardSize& size,
                                  std::int64_t element_bytes) {
  constexpr std::int64_t kStepCounterBytes = 4;
  const bool counts_steps = settings.kind == OptimizerKind::adam || settings.kind == OptimizerKind::adamw;
  return size.elements * element_bytes * (state_values(settings) + (has_average ? 1 : 0)) +
         (counts_steps ? size.parameters * kStepCounterBytes : 0);
}

}  // namespace hpctrain::train
