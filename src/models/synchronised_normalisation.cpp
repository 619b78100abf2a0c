#include "models/synchronised_normalisation.hpp"

#include <torch/autograd.h>

#include <tuple>
#include <vector>

#include "models/recomputation.hpp"

namespace hpctrain::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

torch::Tensor per_channel(const torch::Tensor& values) {
  return values.view({1, -1, 1, 1});
}

/// Sums over this rank: count, then Σx and Σx² by channel. In float64, where the square of a mean takes no digits from
/// a variance.
torch::Tensor sums_of(const torch::Tensor& input, torch::ScalarType statistics_type) {
  const std::int64_t channels = input.size(1);
  const auto sums = torch::zeros({2 * channels + 1}, input.options().dtype(torch::kFloat64));
  if (input.numel() == 0) return sums;
  const auto count = static_cast<double>(input.numel() / channels);
  const auto [variance, mean] = torch::var_mean(input.to(statistics_type), {0, 2, 3}, /*unbiased=*/false);
  const auto wide_mean = mean.to(torch::kFloat64);
  sums.narrow(0, 0, 1).fill_(count);
  sums.narrow(0, 1, channels).add_(wide_mean, count);
  sums.narrow(0, 1 + channels, channels).add_(variance.to(torch::kFloat64) + wide_mean.square(), count);
  return sums;
}

/// As if mean and variance were constants: gradients of input, weight and bias over this rank's values.
std::tuple<torch::Tensor, torch::Tensor, torch::Tensor> local_gradients(const torch::Tensor& upstream,
                                                                        const torch::Tensor& input,
                                                                        const torch::Tensor& weight,
                                                                        const torch::Tensor& mean,
                                                                        const torch::Tensor& variance, double epsilon) {
  // torch's kernel divides by the number of values.
  if (input.numel() == 0) return {torch::zeros_like(input), torch::zeros_like(weight), torch::zeros_like(weight)};
  return at::native_batch_norm_backward(upstream.contiguous(input.suggest_memory_format()), input, weight, mean,
                                        variance, {}, {}, /*train=*/false, epsilon, {true, true, true});
}

/// The gradients of a fixed affine map, plus what flows through mean and variance.
class SynchronisedNormalisation : public torch::autograd::Function<SynchronisedNormalisation> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& input, const torch::Tensor& weight,
                               const torch::Tensor& bias, const torch::Tensor& mean, const torch::Tensor& variance,
                               const torch::Tensor& count, double epsilon, StatisticsReducer* reducer) {
    context->save_for_backward({input, weight, mean, variance, count});
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["reducer"] = reinterpret_cast<std::int64_t>(reducer);
    return torch::batch_norm(input, weight, bias, mean, variance, /*training=*/false, /*momentum=*/0, epsilon,
                             at::globalContext().userEnabledCuDNN());
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& upstream) {
    const auto saved = context->get_saved_variables();
    const auto &input = saved[0], &weight = saved[1], &mean = saved[2], &variance = saved[3], &count = saved[4];
    const double epsilon = context->saved_data["epsilon"].toDouble();
    auto* reducer = reinterpret_cast<StatisticsReducer*>(context->saved_data["reducer"].toInt());
    auto [of_input, of_weight, of_bias] = local_gradients(upstream[0], input, weight, mean, variance, epsilon);
    const auto sums = torch::cat({of_bias, of_weight}).to(torch::kFloat64);
    reducer->add_over_ranks(sums);
    const auto means = (sums / count).to(mean.scalar_type());
    const auto scale = (variance + epsilon).rsqrt();
    const std::int64_t channels = mean.numel();
    const auto of_mean = weight * scale * means.narrow(0, 0, channels);
    const auto of_deviation = weight * scale.square() * means.narrow(0, channels, channels);
    const auto through_statistics =
        torch::addcmul(per_channel(of_mean), input - per_channel(mean), per_channel(of_deviation));
    of_input = of_input.sub_(through_statistics.to(of_input.scalar_type()));
    return {of_input, of_weight, of_bias, {}, {}, {}, {}, {}};
  }
};

/// Mean, variance, unbiased variance, count: over all ranks.
std::vector<torch::Tensor> statistics_over_ranks(const torch::Tensor& input, torch::ScalarType type,
                                                 StatisticsReducer& reducer) {
  const torch::NoGradGuard no_grad;
  const std::int64_t channels = input.size(1);
  const auto sums = sums_of(input.detach(), type);
  reducer.add_over_ranks(sums);
  const auto count = sums.narrow(0, 0, 1);
  const auto mean = sums.narrow(0, 1, channels) / count;
  const auto variance = (sums.narrow(0, 1 + channels, channels) / count - mean.square()).clamp_min(0);
  const auto unbiased = variance * count / (count - 1).clamp_min(1);
  return {mean.to(type), variance.to(type), unbiased.to(type), count};
}

}  // namespace

SynchronisedBatch normalise_over_ranks(const torch::Tensor& input, const torch::Tensor& weight,
                                       const torch::Tensor& bias, double epsilon, StatisticsReducer& reducer) {
  // Where backward runs the layer again, ranks do not meet again.
  const auto statistics = computed_once([&] { return statistics_over_ranks(input, weight.scalar_type(), reducer); });
  const auto &mean = statistics[0], &variance = statistics[1], &unbiased = statistics[2], &count = statistics[3];
  auto output = SynchronisedNormalisation::apply(input, weight, bias, mean, variance, count, epsilon, &reducer);
  return {std::move(output), mean, unbiased};
}

}  // namespace hpctrain::models
