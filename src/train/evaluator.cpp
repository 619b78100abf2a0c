#include "train/evaluator.hpp"

#include <torch/utils.h>

#include "core/clock.hpp"
#include "train/batch_feed.hpp"

namespace hpctrain::train {

EvaluationReport Evaluator::run(const std::string& split, const BatchObserver& observer) {
  const Stopwatch watch;
  torch::Tensor score = score_own_share(split, observer);
  parts_.group.all_reduce({score.data_ptr(), static_cast<std::size_t>(score.numel()), comm::ElementType::f64},
                          comm::ReduceOp::sum);
  EvaluationReport report;
  report.split = split;
  report.samples = static_cast<std::uint64_t>(score[0].item<double>());
  report.metrics = parts_.task.metrics(score);
  report.tables = parts_.task.describe_score(score);
  report.quality = parts_.task.quality(report.metrics);
  report.seconds = watch.seconds();
  return report;
}

torch::Tensor Evaluator::score_own_share(const std::string& split, const BatchObserver& observer) {
  const torch::NoGradGuard no_grad;
  parts_.network.eval();
  auto score =
      torch::zeros({parts_.task.score_width()}, torch::TensorOptions().dtype(torch::kFloat64).device(parts_.device));
  visit(split, [&](const tasks::Batch& batch) {
    const auto outputs = parts_.forward_pass.run(parts_.task, parts_.network, batch);
    score += parts_.task.score(outputs, batch);
    if (observer) observer(outputs, batch);
  });
  parts_.network.train();
  return score.cpu();
}

void Evaluator::visit(const std::string& split, const std::function<void(const tasks::Batch&)>& visitor) {
  data::LoaderPlan plan;
  plan.split = split;
  plan.batch = parts_.micro_batch * static_cast<std::uint64_t>(parts_.placement.world);
  plan.micro_batch = parts_.micro_batch;
  plan.shuffled = false;
  plan.epochs = 1;
  plan.max_samples = parts_.max_samples;
  plan.image_size = parts_.image_size;
  data::Loader loader(parts_.index, plan, parts_.loader, parts_.placement,
                      data::LoaderSeams{.allocator = &parts_.slots, .locator = parts_.locator});
  LoaderFeed feed(loader, parts_.device);
  while (const auto records = feed.next()) {
    if (records->count() > 0) visitor(parts_.task.make_batch(*records, tasks::Mode::evaluate));
    feed.look_ahead();
  }
  loader.require_unchanged_shards();
  traffic_.add(loader.counters());
}

}  // namespace hpctrain::train
