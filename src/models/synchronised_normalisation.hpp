// Batch normalisation over the micro-batches of all ranks as if they were one. Knows of ranks only that a reducer adds
// numbers over them.
#pragma once

#include <torch/types.h>

#include "models/statistics.hpp"

namespace hpctrain::models {

struct SynchronisedBatch {
  torch::Tensor output;    ///< as the input
  torch::Tensor mean;      ///< [C], of all ranks' values
  torch::Tensor variance;  ///< [C], unbiased; zero where there is one value
};

/// Normalises by the mean and variance over all ranks; backward gives the gradients of the joined batch, those of
/// weight and bias as this rank's part of their sum.
///   shapes      input [N, C, H, W], N may be 0; weight, bias [C]
///   collective  all ranks of `reducer`, here and in backward, layer by layer in the same order
///   cost        one message of 2C+1 values here, one of 2C in backward, which wait for the slowest rank
///   source      Batch Normalization, Ioffe and Szegedy 2015, its equations over the joined batch
SynchronisedBatch normalise_over_ranks(const torch::Tensor& input, const torch::Tensor& weight,
                                       const torch::Tensor& bias, double epsilon, StatisticsReducer& reducer);

}  // namespace hpctrain::models
