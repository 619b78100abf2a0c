#include "train/step_statistics.hpp"

#include <torch/utils.h>

namespace hpctrain::train {

StepStatistics::StepStatistics(models::Network& network) : owners_(models::statistics_owners(network)) {
  for (auto* owner : owners_) {
    sizes_.push_back(owner->staged().numel());
    elements_ += sizes_.back();
  }
}

void StepStatistics::clear() {
  for (auto* owner : owners_) owner->clear_staged();
}

void StepStatistics::write(const torch::Tensor& sums) {
  const torch::NoGradGuard no_grad;
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < owners_.size(); ++i) {
    sums.narrow(0, offset, sizes_[i]).copy_(owners_[i]->staged());
    offset += sizes_[i];
  }
}

void StepStatistics::apply(const torch::Tensor& sums) {
  const torch::NoGradGuard no_grad;
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < owners_.size(); ++i) {
    owners_[i]->apply_staged(sums.narrow(0, offset, sizes_[i]));
    offset += sizes_[i];
  }
}

}  // namespace hpctrain::train
