#include "train/weight_average.hpp"

#include <torch/utils.h>

#include <algorithm>

namespace hpctrain::train {
namespace {

void copy_all(const std::vector<torch::Tensor>& to, const std::vector<torch::Tensor>& from) {
  const torch::NoGradGuard no_grad;
  at::_foreach_copy_(to, from);
}

}  // namespace

double plan_decay(double decay, std::uint64_t update) {
  const auto updates = static_cast<double>(update);
  return std::min(decay, (1 + updates) / (10 + updates));
}

WeightAverage::WeightAverage(double decay, const std::vector<checkpoint::NamedTensor>& parameters) : decay_(decay) {
  for (const auto& [name, tensor] : parameters) {
    names_.push_back(name);
    parameters_.push_back(tensor);
    averages_.push_back(tensor.detach().clone());
  }
}

void WeightAverage::start_from_parameters() {
  copy_all(averages_, parameters_);
}

void WeightAverage::follow(std::uint64_t update) {
  const torch::NoGradGuard no_grad;
  at::_foreach_lerp_(averages_, parameters_, 1 - plan_decay(decay_, update));
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
  copy_all(average_->parameters_, average_->averages_);
}

WeightAverage::Scope::~Scope() {
  if (average_ != nullptr) copy_all(average_->parameters_, own_);
}

}  // namespace hpctrain::train
