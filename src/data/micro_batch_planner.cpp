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
  plan.micro_steps = plan_micro_steps(batch_->count, settings_.world, settings_.micro_batch);
  plan.share =
      plan_micro_share(plan_share(batch_->count, settings_.rank, settings_.world), micro_step_, settings_.micro_batch);
  if (++micro_step_ == plan.micro_steps) {
    cursor_ = batch_->next;
    batch_.reset();
  }
  return plan;
}

void MicroBatchPlanner::seek(Cursor cursor) {
  cursor_ = cursor;
  batch_.reset();
}

}  // namespace hpctrain::data
