#include "train/loss_guard.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.hpp"
#include "core/log.hpp"

namespace hpctrain::train {
namespace {

/// A first scale of 65536 has been halved below the smallest useful one long before.
constexpr std::uint64_t kMostOverflowsInARow = 64;

std::uint64_t plan_most_skips(const TrainSettings& settings) {
  return settings.precision == Precision::fp16 ? std::max(kMostOverflowsInARow, settings.nan_skips)
                                               : settings.nan_skips;
}

}  // namespace

LossGuard::LossGuard(const TrainSettings& settings)
    : most_bad_losses_(settings.nan_skips), most_skips_(plan_most_skips(settings)) {}

void LossGuard::watch(std::uint64_t step, const torch::Tensor& loss, const torch::Tensor& is_skipped) {
  require_sound();
  newest_ = Watched{step, loss, is_skipped};
}

void LossGuard::require_sound() {
  if (!newest_) return;
  const auto watched = *std::exchange(newest_, std::nullopt);
  count_loss(watched);
  count_skip(watched);
}

void LossGuard::count_loss(const Watched& watched) {
  const double value = watched.loss.item<double>();
  if (std::isfinite(value)) {
    bad_losses_in_a_row_ = 0;
    return;
  }
  if (++bad_losses_in_a_row_ <= most_bad_losses_) {
    log_info("the loss of step {} is {}: number {} in a row, {} may be", watched.step, value, bad_losses_in_a_row_,
             most_bad_losses_);
    return;
  }
  throw Error(Fault::usage, fmt::format("the loss of step {} is {}: training has diverged; lower optim.lr, lengthen "
                                        "optim.warmup-epochs or try optim.name adamw. Checkpoints hold earlier steps",
                                        watched.step, value))
      .as_agreed();
}

void LossGuard::count_skip(const Watched& watched) {
  if (!watched.is_skipped.defined()) return;
  const bool is_skipped = watched.is_skipped.item<float>() != 0;
  skips_in_a_row_ = is_skipped ? skips_in_a_row_ + 1 : 0;
  if (skips_in_a_row_ <= most_skips_) return;
  throw Error(Fault::usage,
              fmt::format("step {}: gradients were not finite {} times in a row, so nothing is learned any more; lower "
                          "optim.lr, set optim.clip-norm or pass --precision bf16. Checkpoints hold earlier steps",
                          watched.step, skips_in_a_row_))
      .as_agreed();
}

}  // namespace hpctrain::train
