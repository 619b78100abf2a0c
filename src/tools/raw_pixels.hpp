// The encoder that does nothing: what a probe makes of the pixels themselves is what features must beat.
#pragma once

#include <torch/types.h>

#include "core/error.hpp"
#include "models/network.hpp"

namespace hpctrain::tools {

class RawPixels : public models::Network {
 public:
  torch::Tensor features(const torch::Tensor& images) override { return images.flatten(1); }
  torch::Tensor forward(const torch::Tensor& /*images*/) override {
    throw Error(Fault::bug, "pixels have features and no answers");
  }
  std::string_view head_name() const override { return {}; }
};

}  // namespace hpctrain::tools
