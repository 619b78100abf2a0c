#include "train/loss_guard.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <cmath>
#include <utility>

#include "core/error.hpp"

namespace hpctrain::train {

void LossGuard::watch(std::uint64_t step, const torch::Tensor& loss) {
  require_finite();
  newest_ = Watched{step, loss};
}

void LossGuard::require_finite() {
  if (!newest_) return;
  const auto watched = *std::exchange(newest_, std::nullopt);
  const double value = watched.loss.item<double>();
  if (std::isfinite(value)) return;
  throw Error(Fault::usage, fmt::format("the loss of step {} is {}: training has diverged; lower optim.lr, lengthen "
                                        "optim.warmup-epochs or try optim.name adamw. Checkpoints hold earlier steps",
                                        watched.step, value))
      .as_agreed();
}

}  // namespace hpctrain::train
