// Classes by a vote of the most similar known features: what features are worth without any fitting.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace hpctrain::tasks {

/// The 20 nearest by cosine vote, each with weight exp(cosine / 0.07).
///   source  Unsupervised Feature Learning via Non-Parametric Instance Discrimination, Wu et al. 2018
class NearestNeighbours {
 public:
  /// shapes  features [n, d], labels [n] i64 within 0 … classes-1
  NearestNeighbours(const torch::Tensor& features, const torch::Tensor& labels, std::int64_t classes);

  /// Weights of the votes for each class.
  ///   shapes  features [m, d] → [m, classes] float64, on the features' device
  torch::Tensor votes(const torch::Tensor& features) const;

 private:
  torch::Tensor directions_;  ///< [n, d] float64, of length 1
  torch::Tensor labels_;      ///< [n]
  std::int64_t classes_;
};

}  // namespace hpctrain::tasks
