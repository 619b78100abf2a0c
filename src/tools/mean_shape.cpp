#include "tools/mean_shape.hpp"

#include <torch/utils.h>

namespace hpctrain::tools {
namespace {

void sum_over_ranks(comm::Communicator& group, torch::Tensor& values) {
  group.all_reduce({values.data_ptr(), static_cast<std::size_t>(values.numel()), comm::ElementType::f64},
                   comm::ReduceOp::sum);
}

}  // namespace

MeanShape::MeanShape(train::Evaluator& evaluator, const tasks::Landmarks& task, const std::string& training_split,
                     comm::Communicator& group)
    : task_(task), group_(group) {
  const auto landmarks = static_cast<std::int64_t>(task.landmark_names().size());
  auto sums = torch::zeros({2, landmarks, 2}, torch::kFloat64);  // of the coordinates, and their number
  evaluator.visit(training_split, [&](const tasks::Batch& batch) {
    const auto points = batch.targets.to(torch::kFloat64).cpu();
    sums[0] += points.nan_to_num(0).sum(0);
    sums[1] += points.isfinite().sum(0);
  });
  sum_over_ranks(group_, sums);
  points_ = sums[0] / sums[1];
}

tasks::Metrics MeanShape::score(train::Evaluator& evaluator, const std::string& split) const {
  const torch::NoGradGuard no_grad;
  auto score = torch::zeros({task_.score_width()}, torch::kFloat64);
  evaluator.visit(split, [&](const tasks::Batch& batch) {
    const auto answer = points_.to(batch.targets.device()).unsqueeze(0).expand({batch.count(), -1, -1});
    score += task_.score_points(answer, batch, torch::zeros({}, batch.images.options())).cpu();
  });
  sum_over_ranks(group_, score);
  auto metrics = task_.metrics(score);
  metrics.erase("loss");
  return metrics;
}

}  // namespace hpctrain::tools
