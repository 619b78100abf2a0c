#include "tasks/linear_probe.hpp"

#include <torch/optim/lbfgs.h>
#include <torch/utils.h>

#include <array>
#include <limits>
#include <vector>

#include "core/error.hpp"

namespace hpctrain::tasks {
namespace {

/// From the strongest down: each fit starts where the one before ended.
constexpr std::array kPenalties = {1000.0, 100.0, 10.0, 1.0};
constexpr std::int64_t kHeldOut = 5;  ///< one sample of so many
constexpr int kMostSteps = 300;
constexpr double kSmallestGradient = 1e-6;
constexpr double kSmallestSpread = 1e-8;

torch::Tensor with_constant(const torch::Tensor& inputs) {
  return torch::cat({inputs, torch::ones({inputs.size(0), 1}, inputs.options())}, 1);
}

double mean_loss(const torch::Tensor& inputs, const torch::Tensor& labels, const torch::Tensor& weights) {
  return torch::cross_entropy_loss(inputs.mm(weights), labels).item<double>();
}

}  // namespace

torch::Tensor fit_logistic_regression(const torch::Tensor& inputs, const torch::Tensor& labels, double penalty,
                                      const torch::Tensor& start) {
  const auto samples = static_cast<double>(inputs.size(0));
  const std::int64_t penalised = inputs.size(1) - 1;
  const auto truth = torch::one_hot(labels, start.size(1)).to(torch::kFloat64);
  auto weights = start.detach().clone().requires_grad_();
  torch::optim::LBFGS optimizer(std::vector<torch::Tensor>{weights}, torch::optim::LBFGSOptions(1)
                                                                         .max_iter(kMostSteps)
                                                                         .tolerance_grad(kSmallestGradient)
                                                                         .line_search_fn("strong_wolfe"));
  optimizer.step([&] {
    const torch::NoGradGuard no_grad;
    const auto logs = inputs.mm(weights).log_softmax(1);
    const auto slope = weights.narrow(0, 0, penalised) * (penalty / samples);
    auto gradient = inputs.t().mm(logs.exp() - truth) / samples;
    gradient.narrow(0, 0, penalised).add_(slope);
    weights.mutable_grad() = gradient;
    return (logs * truth).sum() / -samples + (slope * weights.narrow(0, 0, penalised)).sum() / 2;
  });
  return weights.detach();
}

LinearProbe::LinearProbe(const torch::Tensor& features, const torch::Tensor& labels, std::int64_t classes) {
  require_invariant(features.size(0) >= kHeldOut, "there are samples to hold out");
  const auto known = features.to(torch::kFloat64);
  mean_ = known.mean(0);
  spread_ = known.std(/*dim=*/0, /*unbiased=*/false);
  spread_ = torch::where(spread_ > kSmallestSpread, spread_, torch::ones_like(spread_));
  const auto inputs = with_constant(standardised(known));
  const auto is_held_out = torch::arange(features.size(0)).remainder(kHeldOut).eq(kHeldOut - 1);
  const auto learned = is_held_out.logical_not().nonzero().flatten(), held_out = is_held_out.nonzero().flatten();
  const auto part = [](const torch::Tensor& all, const torch::Tensor& rows) { return all.index_select(0, rows); };
  weights_ = torch::zeros({inputs.size(1), classes}, torch::kFloat64);
  double least = std::numeric_limits<double>::infinity();
  torch::Tensor weights = weights_;
  for (const double penalty : kPenalties) {
    weights = fit_logistic_regression(part(inputs, learned), part(labels, learned), penalty, weights);
    const double loss = mean_loss(part(inputs, held_out), part(labels, held_out), weights);
    if (loss >= least) continue;
    least = loss;
    penalty_ = penalty;
    weights_ = weights;
  }
  weights_ = fit_logistic_regression(inputs, labels, penalty_, weights_);
}

torch::Tensor LinearProbe::standardised(const torch::Tensor& features) const {
  const auto& device = features.device();
  return (features.to(torch::kFloat64) - mean_.to(device)) / spread_.to(device);
}

torch::Tensor LinearProbe::logits(const torch::Tensor& features) const {
  return with_constant(standardised(features)).mm(weights_.to(features.device()));
}

}  // namespace hpctrain::tasks
