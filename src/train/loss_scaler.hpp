// Dynamic loss scaling, which keeps small gradients representable in fp16. Decides as torch.amp.GradScaler does.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace hpctrain::train {

/// torch's defaults.
struct LossScaleSettings {
  double first_scale = 65536;
  double growth = 2;
  double backoff = 0.5;
  std::int64_t growth_interval = 2000;  ///< updates in a row without overflow until the scale grows
};

class LossScaler {
 public:
  LossScaler(const LossScaleSettings& settings, const torch::Device& device);

  torch::Tensor scaled(const torch::Tensor& loss) const;

  /// Divides gradients by the scale and tells whether any of them is not finite. After they were summed over ranks: a
  /// value that is not finite makes every sum with it so, hence all ranks find the same without a word.
  ///   shapes   found_inf [1] float32, 0 or 1
  ///   blocks   no
  void unscale(const std::vector<torch::Tensor>& gradients, torch::Tensor& found_inf) const;

  /// Backs off after an overflow, grows after many updates without.   shapes  as unscale()
  void update(const torch::Tensor& found_inf);

  /// shapes  [1]
  const torch::Tensor& scale() const noexcept { return scale_; }
  /// shapes  [1] int32: updates in a row without overflow
  const torch::Tensor& growth_tracker() const noexcept { return growth_tracker_; }
  /// From values that were read out of scale() and growth_tracker().
  void restore(double scale, std::int64_t growth_tracker);

 private:
  LossScaleSettings settings_;
  torch::Tensor scale_;
  torch::Tensor growth_tracker_;
};

/// Tells whether any gradient is not finite and changes none.   shapes  as LossScaler::unscale()
void find_non_finite(const std::vector<torch::Tensor>& gradients, torch::Tensor& found_inf);

}  // namespace hpctrain::train
