#include "models/initialisation.hpp"

#include <torch/nn.h>

namespace hpctrain::models {

void initialise_convolutions(const torch::nn::Module& network) {
  for (const auto& module : network.modules(/*include_self=*/false)) {
    if (const auto* convolution = module->as<torch::nn::Conv2d>()) {
      torch::nn::init::kaiming_normal_(convolution->weight, 0, torch::kFanOut, torch::kReLU);
      if (convolution->bias.defined()) torch::nn::init::zeros_(convolution->bias);
    }
  }
}

}  // namespace hpctrain::models
