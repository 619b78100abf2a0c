// See micro_batch_planner.hpp.
#include "data/micro_batch_planner.hpp"

namespace hpctrain::data {

std::optional<MicroBatchPlan> MicroBatchPlanner::next() {
  if (!batch_) {
    const GlobalBatch batch = plan_global_batch(settings_.num_samples, settings_.batch, settings_.tail, cursor_);
    if (settings_.epochs && batch.epoch >= *settings_.epochs) return std::nullopt;
    batch_ = batch;
    micro_step_ = 0;
  }
  MicroBatchPlan plan;
  plan.batch = *batch_;
  plan.micro_step = micro_step_;
  plan.micro_steps = micro_steps();
  plan.share = share();
  if (++micro_step_ == plan.micro_steps) {
    cursor_ = batch_->next;
    batch_.reset();
  }
  return plan;
}

std::uint64_t MicroBatchPlanner::micro_steps() const {
  if (settings_.micro_shards > 0) return plan_micro_steps(settings_.micro_shards, settings_.world, 1);
  return plan_micro_steps(batch_->count, settings_.world, settings_.micro_batch);
}

Share MicroBatchPlanner::share() const {
  if (settings_.micro_shards > 0) {
    const Share own = plan_own_micro_shards(settings_.micro_shards, settings_.rank, settings_.world);
    if (micro_step_ >= own.count) return {batch_->count, 0};
    return plan_micro_shard(batch_->count, settings_.micro_shards, own.first + micro_step_);
  }
  return plan_micro_share(plan_share(batch_->count, settings_.rank, settings_.world), micro_step_,
                          settings_.micro_batch);
}

void MicroBatchPlanner::seek(Cursor cursor) {
  cursor_ = cursor;
  batch_.reset();
}

}  // namespace hpctrain::data
