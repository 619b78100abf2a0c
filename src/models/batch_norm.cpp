#include "models/batch_norm.hpp"

#include <torch/nn.h>

#include "core/error.hpp"
#include "models/recomputation.hpp"
#include "models/synchronised_normalisation.hpp"

namespace hpctrain::models {

BatchNorm::BatchNorm(std::int64_t channels, double epsilon, double momentum) : epsilon_(epsilon), momentum_(momentum) {
  weight_ = register_parameter("weight", torch::ones(channels));
  bias_ = register_parameter("bias", torch::zeros(channels));
  running_mean_ = register_buffer("running_mean", torch::zeros(channels));
  running_var_ = register_buffer("running_var", torch::ones(channels));
  num_batches_tracked_ = register_buffer("num_batches_tracked", torch::zeros({}, torch::kLong));
}

torch::Tensor BatchNorm::forward(const torch::Tensor& input) {
  if (is_training()) return reducer_ != nullptr ? normalised_over_ranks(input) : normalised_by_batch(input);
  return torch::batch_norm(input, weight_, bias_, running_mean_, running_var_, /*training=*/false, momentum_, epsilon_,
                           at::globalContext().userEnabledCuDNN());
}

torch::Tensor BatchNorm::normalised_by_batch(const torch::Tensor& input) {
  const std::int64_t values_per_channel = input.numel() / input.size(1);
  require(values_per_channel != 1, Fault::usage,
          "batch normalisation of one image that has shrunk to one pixel: its variance is undefined; raise "
          "train.micro-batch or the image size");
  // Momentum 1 makes torch's own kernel write this batch's statistics here, whatever the backend: no second pass over
  // the input. A fresh pair per call, because backward holds on to it.
  const auto batch_mean = torch::zeros_like(running_mean_);
  const auto batch_variance = torch::zeros_like(running_var_);
  auto output = torch::batch_norm(input, weight_, bias_, batch_mean, batch_variance, /*training=*/true,
                                  /*momentum=*/1.0, epsilon_, at::globalContext().userEnabledCuDNN());
  stage(values_per_channel, batch_mean, batch_variance);
  return output;
}

torch::Tensor BatchNorm::normalised_over_ranks(const torch::Tensor& input) {
  const auto batch = normalise_over_ranks(input, weight_, bias_, epsilon_, *reducer_);
  // Every rank stages the statistics of all, weighted by its own values: over ranks the weights add up to all values.
  stage(input.numel() / input.size(1), batch.mean, batch.variance);
  return batch.output;
}

void BatchNorm::stage(std::int64_t count, const torch::Tensor& mean, const torch::Tensor& variance) {
  if (count == 0 || is_second_run()) return;
  const torch::NoGradGuard no_grad;
  const std::int64_t channels = running_mean_.numel();
  staged();
  const auto weight = static_cast<double>(count);
  staged_.narrow(0, 0, 1).add_(weight);
  staged_.narrow(0, 1, channels).add_(mean, weight);
  staged_.narrow(0, 1 + channels, channels).add_(variance, weight);
}

const torch::Tensor& BatchNorm::staged() {
  // Made here, not in the constructor: the module may have moved to another device since.
  if (!staged_.defined() || staged_.device() != running_mean_.device()) {
    staged_ = torch::zeros(2 * running_mean_.numel() + 1, running_mean_.options().requires_grad(false));
  }
  return staged_;
}

void BatchNorm::apply_staged(const torch::Tensor& sums) {
  const torch::NoGradGuard no_grad;
  const std::int64_t channels = running_mean_.numel();
  require_invariant(sums.dim() == 1 && sums.numel() == 2 * channels + 1,
                    "staged sums belong to this batch normalisation");
  // Whether anything was staged is a number on the device: used as a factor, because reading it would wait for the GPU.
  const auto count = sums.narrow(0, 0, 1);
  const auto is_staged = count.gt(0);
  const auto divisor = count.clamp_min(1.0);
  const auto step_weight = is_staged.to(running_mean_.scalar_type()).mul(momentum_);
  running_mean_.lerp_(sums.narrow(0, 1, channels) / divisor, step_weight);
  running_var_.lerp_(sums.narrow(0, 1 + channels, channels) / divisor, step_weight);
  num_batches_tracked_.add_(is_staged.squeeze(0).to(torch::kLong));
}

void BatchNorm::clear_staged() {
  if (staged_.defined()) staged_.zero_();
}

std::vector<StatisticsOwner*> statistics_owners(const torch::nn::Module& network) {
  std::vector<StatisticsOwner*> owners;
  for (const auto& module : network.modules(/*include_self=*/false)) {
    if (auto* owner = dynamic_cast<StatisticsOwner*>(module.get())) owners.push_back(owner);
  }
  return owners;
}

}  // namespace hpctrain::models
