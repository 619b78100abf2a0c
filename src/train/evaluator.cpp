#include "train/evaluator.hpp"

#include <torch/utils.h>

#include <algorithm>

#include "comm/agree.hpp"
#include "core/clock.hpp"
#include "train/batch_feed.hpp"
#include "train/rows_over_ranks.hpp"

namespace hpctrain::train {
namespace {

/// Part of what scores mean: never changed.
constexpr std::uint64_t kReferenceSeed = 0x7265666572656e63;  // "referenc"

}  // namespace

EvaluationReport Evaluator::run(const std::string& split, const BatchObserver& observer) {
  const Stopwatch watch;
  take_reference();
  const torch::Tensor scores = score_own_share(split, observer);
  parts_.group.all_reduce({scores.data_ptr(), static_cast<std::size_t>(scores.numel()), comm::ElementType::f64},
                          comm::ReduceOp::sum);
  const torch::Tensor score = scores.sum(0);
  EvaluationReport report;
  report.split = split;
  report.samples = static_cast<std::uint64_t>(score[0].item<double>());
  report.metrics = parts_.task.metrics(score);
  report.tables = parts_.task.describe_score(score);
  report.quality = parts_.task.quality(report.metrics);
  report.seconds = watch.seconds();
  return report;
}

/// One row for each micro-shard, zero where it is another rank's: over ranks only zeros are added to a row, and the
/// rows are added in their order, so the sum does not depend on the ranks. One row where that is not asked for.
torch::Tensor Evaluator::score_own_share(const std::string& split, const BatchObserver& observer) {
  const torch::NoGradGuard no_grad;
  parts_.network.eval();
  const bool has_rows = parts_.micro_shards > 0;
  const Placement& place = parts_.placement;
  const auto rows = static_cast<std::int64_t>(std::max<std::uint64_t>(1, parts_.micro_shards));
  auto scores = torch::zeros({rows, parts_.task.score_width()},
                             torch::TensorOptions().dtype(torch::kFloat64).device(parts_.device));
  const std::uint64_t first_row =
      has_rows ? data::plan_own_micro_shards(parts_.micro_shards, place.rank, place.world).first : 0;
  walk(plan_walk(split), [&](const data::MicroBatch& records, const tasks::Batch& batch) {
    const auto outputs = parts_.forward_pass.run(parts_.task, parts_.network, batch);
    const std::uint64_t row = has_rows ? first_row + records.micro_step : 0;
    scores[static_cast<std::int64_t>(row)] += parts_.task.score(outputs, batch);
    if (observer) observer(outputs, batch);
  });
  parts_.network.train();
  return scores.cpu();
}

void Evaluator::use_at_once(std::uint64_t samples) {
  if (parts_.micro_shards == 0) parts_.micro_batch = std::min(parts_.micro_batch, samples);
}

void Evaluator::visit(const std::string& split, const std::function<void(const tasks::Batch&)>& visitor) {
  walk(plan_walk(split), [&](const data::MicroBatch&, const tasks::Batch& batch) { visitor(batch); });
}

data::LoaderPlan Evaluator::plan_walk(const std::string& split) const {
  const auto world = static_cast<std::uint64_t>(parts_.placement.world);
  data::LoaderPlan plan;
  plan.split = split;
  plan.batch = parts_.micro_batch * (parts_.micro_shards > 0 ? parts_.micro_shards : world);
  plan.micro_batch = parts_.micro_batch;
  plan.micro_shards = parts_.micro_shards;
  plan.shuffled = false;
  plan.epochs = 1;
  plan.max_samples = parts_.max_samples;
  plan.image_size = parts_.image_size;
  return plan;
}

/// In an order of its own, so that a split that is stored class by class serves too; the same one for every run.
data::LoaderPlan Evaluator::plan_reference(const tasks::ReferenceSamples& reference) const {
  data::LoaderPlan plan = plan_walk(reference.split);
  plan.shuffled = true;
  plan.order = data::Order::full;
  plan.seed = kReferenceSeed;
  plan.max_samples = reference.count;
  return plan;
}

void Evaluator::require_reference() {
  const auto reference = parts_.task.reference_samples();
  if (reference) walk(plan_reference(*reference), [](const data::MicroBatch&, const tasks::Batch&) {});
}

void Evaluator::take_reference() {
  const auto reference = parts_.task.reference_samples();
  if (!reference) return;
  const torch::NoGradGuard no_grad;
  parts_.network.eval();
  RowsOverRanks outputs, targets;
  walk(plan_reference(*reference), [&](const data::MicroBatch& records, const tasks::Batch& batch) {
    const auto first = static_cast<std::int64_t>(records.batch.first_position + records.first_in_batch);
    outputs.add(first, parts_.forward_pass.run(parts_.task, parts_.network, batch));
    targets.add(first, batch.targets);
  });
  parts_.network.train();
  const auto all_outputs = outputs.gather(parts_.group), all_targets = targets.gather(parts_.group);
  comm::run_agreed(parts_.group, [&] { parts_.task.take_reference(all_outputs, all_targets); });
}

void Evaluator::walk(const data::LoaderPlan& plan, const Visitor& visitor) {
  data::Loader loader(parts_.index, plan, parts_.loader, parts_.placement,
                      data::LoaderSeams{.allocator = &parts_.slots, .locator = parts_.locator});
  LoaderFeed feed(loader, parts_.device);
  while (const auto records = feed.next()) {
    if (records->count() > 0) visitor(records->host, parts_.task.make_batch(*records, tasks::Mode::evaluate));
    feed.look_ahead();
  }
  loader.require_unchanged_shards();
  traffic_.add(loader.counters());
}

}  // namespace hpctrain::train
