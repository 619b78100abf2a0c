#include "train/parameter_update.hpp"

#include <torch/utils.h>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "train/gradient_clipping.hpp"

namespace hpctrain::train {

ParameterUpdate::ParameterUpdate(const TrainSettings& train, const OptimizerSettings& optimizer,
                                 const std::vector<checkpoint::NamedTensor>& parameters, std::string_view head,
                                 ParameterShards* shards)
    : clip_norm_(optimizer.clip_norm), shards_(shards) {
  const auto staged_head = train.head_only_epochs > 0 ? head : std::string_view();
  if (shards_ == nullptr) {
    make_optimizers(optimizer, parameters, {}, staged_head);
  } else {
    make_optimizers(optimizer, shards_->own(), shards_->own_layers(), staged_head);
  }
  for (const auto& [name, tensor] : parameters) gradients_.push_back(tensor.grad());
  const auto device = gradients_.front().device();
  const bool is_scaled = train.precision == Precision::fp16;
  if (is_scaled) scaler_ = std::make_unique<LossScaler>(LossScaleSettings{}, device);
  if (is_scaled || train.nan_skips > 0) {
    found_inf_ = torch::zeros({1}, torch::TensorOptions().dtype(torch::kFloat32).device(device));
    skipped_updates_ = torch::zeros_like(found_inf_);
  }
  if (train.ema_decay) average_ = std::make_unique<WeightAverage>(*train.ema_decay, parameters, shards_);
}

/// Update rules look at one parameter at a time, so two optimizers move all of them as one would.
void ParameterUpdate::make_optimizers(const OptimizerSettings& settings,
                                      const std::vector<checkpoint::NamedTensor>& moved,
                                      const std::vector<torch::Tensor>& layers, std::string_view head) {
  std::vector<checkpoint::NamedTensor> first, rest;
  std::vector<torch::Tensor> first_layers, rest_layers;
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const bool is_first = head.empty() || is_of_head(moved[i].name, head);
    (is_first ? first : rest).push_back(moved[i]);
    if (!layers.empty()) (is_first ? first_layers : rest_layers).push_back(layers[i]);
  }
  // Torch's kernels take no empty lists.
  if (!first.empty()) optimizer_ = make_optimizer(settings, first, first_layers);
  if (!rest.empty()) rest_optimizer_ = make_optimizer(settings, rest, rest_layers);
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
  if (optimizer_) optimizer_->step(lr, found_inf);
  if (rest_optimizer_ && learning == Learning::everything) rest_optimizer_->step(lr, found_inf);
  if (shards_ != nullptr) shards_->exchange();
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
  std::vector<checkpoint::NamedTensor> state;
  for (const auto* optimizer : {optimizer_.get(), rest_optimizer_.get()}) {
    if (optimizer == nullptr) continue;
    const auto part = optimizer->state();
    state.insert(state.end(), part.begin(), part.end());
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

std::vector<checkpoint::NamedTensor> describe_update_state(const TrainSettings& train,
                                                           const OptimizerSettings& optimizer,
                                                           const std::vector<checkpoint::NamedTensor>& parameters,
                                                           std::string_view head) {
  std::vector<checkpoint::NamedTensor> shapes;
  for (const auto& [name, tensor] : parameters) {
    const auto options = torch::TensorOptions().dtype(tensor.scalar_type()).device(torch::kMeta);
    torch::Tensor shape = torch::empty_strided(tensor.sizes(), tensor.strides(), options);
    shape.mutable_grad() = torch::empty_like(shape);
    shapes.push_back({name, shape});
  }
  return ParameterUpdate(train, optimizer, shapes, head).state();
}

}  // namespace hpctrain::train
