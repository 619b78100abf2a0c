// A linear classifier on features that somebody else made: what they are worth.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace hpctrain::tasks {

/// Multinomial logistic regression on standardised features, with a penalty ½ p |W|² / n beside the mean
/// cross-entropy. Of four penalties p that one is taken under which four fifths of the samples predict the last fifth
/// best. Nothing is drawn: equal samples give equal probes.
class LinearProbe {
 public:
  /// shapes  features [n, d], labels [n] i64 within 0 … classes-1, in an order that says nothing; n at least 5
  /// cost    five fits by L-BFGS in float64 on the host
  LinearProbe(const torch::Tensor& features, const torch::Tensor& labels, std::int64_t classes);

  /// shapes  features [m, d] → [m, classes] float64, on the features' device
  torch::Tensor logits(const torch::Tensor& features) const;

  double penalty() const noexcept { return penalty_; }

 private:
  torch::Tensor standardised(const torch::Tensor& features) const;

  torch::Tensor mean_;     ///< [d] float64
  torch::Tensor spread_;   ///< [d]; 1 where a feature never changes
  torch::Tensor weights_;  ///< [d + 1, classes], the last row for a constant 1
  double penalty_ = 0;
};

/// The weights that minimise mean cross-entropy + ½ penalty / n |weights of the first d columns|².
///   shapes  inputs [n, d + 1] float64 with a last column of ones, labels [n], start and result [d + 1, classes]
torch::Tensor fit_logistic_regression(const torch::Tensor& inputs, const torch::Tensor& labels, double penalty,
                                      const torch::Tensor& start);

}  // namespace hpctrain::tasks
