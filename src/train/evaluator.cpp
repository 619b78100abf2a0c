#include "train/evaluator.hpp"

#include <torch/utils.h>

#include "core/clock.hpp"
#include "device/device.hpp"

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
  data::LoaderPlan plan;
  plan.split = split;
  plan.batch = parts_.micro_batch * static_cast<std::uint64_t>(parts_.placement.world);
  plan.micro_batch = parts_.micro_batch;
  plan.shuffled = false;
  plan.epochs = 1;
  plan.max_samples = parts_.max_samples;
  data::Loader loader(parts_.index, plan, parts_.loader, parts_.placement, parts_.slots);
  auto score =
      torch::zeros({parts_.task.score_width()}, torch::TensorOptions().dtype(torch::kFloat64).device(parts_.device));
  while (auto lease = loader.next()) {
    const data::MicroBatch& records = **lease;
    if (records.count == 0) continue;
    const auto batch = parts_.task.make_batch(records, parts_.device, tasks::Mode::evaluate);
    const auto outputs = parts_.task.forward(parts_.network, batch);
    score += parts_.task.score(outputs, batch);
    if (observer) observer(outputs, batch);
    device::wait_for_uploads(parts_.device);
  }
  parts_.network.train();
  return score.cpu();
}

}  // namespace hpctrain::train
