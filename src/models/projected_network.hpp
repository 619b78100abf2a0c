// The network of contrastive learning: a classifier's layers up to its features, and a projector in its head's place.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include <memory>

#include "models/network.hpp"

namespace hpctrain::models {

/// Tensors keep the names that they have in the classifier, so weights move to one and back; the projector's begin with
/// kProjectorName.
///   shapes  forward: images → [N, outputs]; features: → [N, feature_count()], what learning is for
///   source  A Simple Framework for Contrastive Learning of Visual Representations, Chen et al. 2020
class ProjectedNetwork : public Network {
 public:
  static constexpr const char* kProjectorName = "projector";

  /// Takes the classifier's head away. Parameters of the projector are drawn from torch's default generator.
  ProjectedNetwork(std::shared_ptr<Network> encoder, std::int64_t outputs);

  torch::Tensor forward(const torch::Tensor& images) override { return projector_->forward(features(images)); }
  torch::Tensor features(const torch::Tensor& images) override { return encoder_->features(images); }
  std::int64_t feature_count() const override { return encoder_->feature_count(); }
  std::string_view head_name() const override { return kProjectorName; }
  std::string_view former_head_name() const override { return encoder_->head_name(); }
  bool can_recompute() const override { return encoder_->can_recompute(); }
  void set_recomputation(bool is_on) override { encoder_->set_recomputation(is_on); }
  void train(bool on = true) override;

 private:
  void adopt_layers();

  std::shared_ptr<Network> encoder_;  ///< no module of this one, its layers are: so names have no prefix
  torch::nn::Sequential projector_{nullptr};
};

}  // namespace hpctrain::models
