#include "train/parameter_update.hpp"

#include <torch/utils.h>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "train/gradient_clipping.hpp"

namespace hpctrain::train {

ParameterUpdate::ParameterUpdate(const TrainSettings& train, const OptimizerSettings& optimizer,
                                 const std::vector<checkpoint::NamedTensor>& parameters, std::string_view head)
    : clip_norm_(optimizer.clip_norm) {
  make_optimizers(optimizer, parameters, train.head_only_epochs > 0 ? head : std::string_view());
  for (const auto& [name, tensor] : parameters) gradients_.push_back(tensor.grad());
  const auto device = gradients_.front().device();
  const bool is_scaled = train.precision == Precision::fp16;
  if (is_scaled) scaler_ = std::make_unique<LossScaler>(LossScaleSettings{}, device);
  if (is_scaled || train.nan_skips > 0) {
    found_inf_ = torch::zeros({1}, torch::TensorOptions().dtype(torch::kFloat32).device(device));
    skipped_updates_ = torch::zeros_like(found_inf_);
  }
  if (train.ema_decay) average_ = std::make_unique<WeightAverage>(*train.ema_decay, parameters);
}

/// Update rules look at one parameter at a time, so two optimizers move all of them as one would.
void ParameterUpdate::make_optimizers(const OptimizerSettings& settings,
                                      const std::vector<checkpoint::NamedTensor>& parameters, std::string_view head) {
  std::vector<checkpoint::NamedTensor> first, rest;
  for (const auto& parameter : parameters) {
    (head.empty() || is_of_head(parameter.name, head) ? first : rest).push_back(parameter);
  }
  optimizer_ = make_optimizer(settings, first);
  if (!rest.empty()) rest_optimizer_ = make_optimizer(settings, rest);
}

torch::Tensor ParameterUpdate::scaled(const torch::Tensor& loss) const {
  return scaler_ ? scaler_->scaled(loss) : loss;
}

UpdateReport ParameterUpdate::run(std::uint64_t step, double lr, Learning learning) {
  const torch::NoGradGuard no_grad;
  UpdateReport report;
  if (scaler_) report.loss_scale = scaler_->scale().squeeze(0).clone();
  if (can_skip()) look_for_overflow();
  if (clip_norm_) report.gradient_norm = clip_gradients(gradients_, *clip_norm_);
  const auto found_inf = can_skip() ? std::optional(found_inf_) : std::nullopt;
  optimizer_->step(lr, found_inf);
  if (rest_optimizer_ && learning == Learning::everything) rest_optimizer_->step(lr, found_inf);
  if (scaler_) scaler_->update(found_inf_);
  if (can_skip()) {
    skipped_updates_.add_(found_inf_);
    report.is_skipped = found_inf_.squeeze(0).clone();
    report.skipped_updates = skipped_updates_.squeeze(0).clone();
  }
  if (average_) average_->follow(step + 1);
  return report;
}

void ParameterUpdate::look_for_overflow() {
  found_inf_.zero_();
  if (scaler_) {
    scaler_->unscale(gradients_, found_inf_);
  } else {
    find_non_finite(gradients_, found_inf_);
  }
}

torch::Tensor ParameterUpdate::usable_statistics(const torch::Tensor& sums) const {
  if (!can_skip()) return sums;
  return torch::where(sums.isfinite().all(), sums, torch::zeros_like(sums));
}

std::vector<checkpoint::NamedTensor> ParameterUpdate::state() const {
  auto state = optimizer_->state();
  if (rest_optimizer_) {
    const auto rest = rest_optimizer_->state();
    state.insert(state.end(), rest.begin(), rest.end());
  }
  if (!average_) return state;
  const auto averages = average_->state();
  state.insert(state.end(), averages.begin(), averages.end());
  return state;
}

nlohmann::json ParameterUpdate::steering() const {
  nlohmann::json steering = nlohmann::json::object();
  if (can_skip()) steering["skipped_updates"] = skipped_updates_.item<float>();
  if (scaler_) {
    steering["loss_scale"] = scaler_->scale().item<float>();
    steering["growth_tracker"] = scaler_->growth_tracker().item<std::int32_t>();
  }
  return steering;
}

void ParameterUpdate::restore(const nlohmann::json& steering) {
  try {
    if (can_skip()) skipped_updates_.fill_(steering.value("skipped_updates", 0.0));
    if (scaler_ && steering.contains("loss_scale")) {
      scaler_->restore(steering.at("loss_scale").get<double>(), steering.at("growth_tracker").get<std::int64_t>());
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(Fault::no_checkpoint, std::string("the checkpoint's loss scale cannot be read: ") + error.what());
  }
}

}  // namespace hpctrain::train
