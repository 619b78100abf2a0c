// Tensors → distributions of their values, as plain numbers for `monitor`.
#pragma once

#include <vector>

#include "checkpoint/training_state.hpp"
#include "monitor/histogram.hpp"

namespace hpctrain::train {

/// "weights/NAME" and, where there is one, "gradients/NAME" of each parameter; tensors that are empty or hold anything
/// but finite numbers are left out.
///   blocks  on a GPU twice, whatever the number of parameters
///   cost    two passes over all parameters and gradients
std::vector<monitor::Histogram> measure_histograms(const std::vector<checkpoint::NamedTensor>& parameters);

}  // namespace hpctrain::train
