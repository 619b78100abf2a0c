#include "train/tree_reduction.hpp"

#include <torch/utils.h>

#include "core/error.hpp"
#include "train/tensor_messages.hpp"

namespace hpctrain::train {

TreeReduction::TreeReduction(const Parts& parts)
    : parts_(parts), plan_(plan_tree_sum(parts.micro_shards, parts.group.rank(), parts.group.size())) {}

void TreeReduction::start_step() {
  while (!blocks_.empty()) {
    spare_.push_back(blocks_.back());
    blocks_.pop_back();
  }
  shards_done_ = 0;
  begin_shard();
}

void TreeReduction::begin_shard() {
  parts_.buckets.zero();
  parts_.statistics.clear();
}

void TreeReduction::end_micro_step() {
  if (shards_done_ == plan_.folds_after_shard.size()) return;
  const monitor::PhaseTimer timer(parts_.clock, monitor::Phase::backward);
  const torch::NoGradGuard no_grad;
  std::size_t folds = plan_.folds_after_shard[shards_done_];
  if (folds == 0) {
    push();
  } else {
    blocks_.back().add_(parts_.buckets.slab());
    --folds;
  }
  for (; folds > 0; --folds) fold();
  ++shards_done_;
  begin_shard();
}

void TreeReduction::push() {
  const torch::Tensor& slab = parts_.buckets.slab();
  if (spare_.empty()) spare_.push_back(torch::empty_like(slab));
  blocks_.push_back(spare_.back().copy_(slab));
  spare_.pop_back();
}

void TreeReduction::fold() {
  const torch::Tensor last = blocks_.back();
  blocks_.pop_back();
  blocks_.back().add_(last);
  spare_.push_back(last);
}

bool TreeReduction::wait(bool is_whole) {
  parts_.wholeness.start(is_whole);
  if (!parts_.wholeness.wait()) return false;
  const torch::NoGradGuard no_grad;
  require_invariant(shards_done_ == plan_.folds_after_shard.size(), "every micro-shard had its micro-step");
  for (const auto& step : plan_.exchanges) exchange(step);
  const bool has_sum = parts_.group.is_leader();
  require_invariant(blocks_.size() == (has_sum ? 1U : 0U), "rank zero holds the sum, and nobody holds a part of it");
  if (has_sum) parts_.buckets.slab().copy_(blocks_.front());
  if (parts_.group.size() > 1) broadcast_tensor(parts_.group, parts_.buckets.slab());
  return true;
}

void TreeReduction::exchange(const TreeExchange& step) {
  switch (step.move) {
    case TreeMove::fold:
      return fold();
    case TreeMove::receive:
      return add_received(parts_.group, blocks_.back(), step.peer);
    case TreeMove::send:
      send_tensor(parts_.group, blocks_.front(), step.peer);
      spare_.push_back(blocks_.front());
      blocks_.erase(blocks_.begin());
  }
}

}  // namespace hpctrain::train
