#include "train/weight_average.hpp"

#include <torch/utils.h>

#include <algorithm>

namespace hpctrain::train {
namespace {

void copy_all(const std::vector<torch::Tensor>& to, const std::vector<torch::Tensor>& from) {
  if (to.empty()) return;
  const torch::NoGradGuard no_grad;
  at::_foreach_copy_(to, from);
}

}  // namespace

double plan_decay(double decay, std::uint64_t update) {
  const auto updates = static_cast<double>(update);
  return std::min(decay, (1 + updates) / (10 + updates));
}

WeightAverage::WeightAverage(double decay, const std::vector<checkpoint::NamedTensor>& parameters,
                             ParameterShards* shards)
    : decay_(decay), shards_(shards) {
  for (const auto& [name, tensor] : parameters) parameters_.push_back(tensor);
  for (const auto& [name, tensor] : shards_ == nullptr ? parameters : shards_->own()) {
    names_.push_back(name);
    followed_.push_back(tensor);
    averages_.push_back(tensor.detach().clone());
  }
}

void WeightAverage::start_from_parameters() {
  copy_all(averages_, followed_);
}

void WeightAverage::follow(std::uint64_t update) {
  if (averages_.empty()) return;
  const torch::NoGradGuard no_grad;
  at::_foreach_lerp_(averages_, followed_, 1 - plan_decay(decay_, update));
}

std::vector<checkpoint::NamedTensor> WeightAverage::state() const {
  std::vector<checkpoint::NamedTensor> state;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    state.push_back({std::string(checkpoint::kAveragePrefix) + names_[i], averages_[i]});
  }
  return state;
}

WeightAverage::Scope::Scope(WeightAverage* average) : average_(average) {
  if (average_ == nullptr) return;
  for (const auto& parameter : average_->parameters_) own_.push_back(parameter.detach().clone());
  copy_all(average_->followed_, average_->averages_);
  if (average_->shards_ != nullptr) average_->shards_->exchange();
}

WeightAverage::Scope::~Scope() {
  if (average_ != nullptr) copy_all(average_->parameters_, own_);
}

}  // namespace hpctrain::train
