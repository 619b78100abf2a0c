#include "train/loss_scaler.hpp"

#include <torch/utils.h>

namespace hpctrain::train {
namespace {

const torch::TensorOptions kFloat = torch::TensorOptions().dtype(torch::kFloat32);

}  // namespace

LossScaler::LossScaler(const LossScaleSettings& settings, const torch::Device& device)
    : settings_(settings),
      scale_(torch::full({1}, settings.first_scale, kFloat.device(device))),
      growth_tracker_(torch::zeros({1}, torch::TensorOptions().dtype(torch::kInt32).device(device))) {}

torch::Tensor LossScaler::scaled(const torch::Tensor& loss) const {
  return loss * scale_.squeeze(0);
}

void LossScaler::unscale(const std::vector<torch::Tensor>& gradients, torch::Tensor& found_inf) const {
  const torch::NoGradGuard no_grad;
  // In double, as torch does: the reciprocal of a large scale would be denormal in float32.
  const auto inverse = scale_.to(torch::kFloat64).reciprocal().to(torch::kFloat32);
  at::_amp_foreach_non_finite_check_and_unscale_(gradients, found_inf, inverse);
}

void LossScaler::update(const torch::Tensor& found_inf) {
  const torch::NoGradGuard no_grad;
  at::_amp_update_scale_(scale_, growth_tracker_, found_inf, settings_.growth, settings_.backoff,
                         settings_.growth_interval);
}

void LossScaler::restore(double scale, std::int64_t growth_tracker) {
  scale_.fill_(scale);
  growth_tracker_.fill_(growth_tracker);
}

void find_non_finite(const std::vector<torch::Tensor>& gradients, torch::Tensor& found_inf) {
  const torch::NoGradGuard no_grad;
  at::_amp_foreach_non_finite_check_and_unscale_(gradients, found_inf, torch::ones_like(found_inf));
}

}  // namespace hpctrain::train
