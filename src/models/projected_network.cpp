#include "models/projected_network.hpp"

#include <torch/nn.h>

#include <string>

namespace hpctrain::models {
namespace {

/// `path` may lead through modules: "classifier.1".
void remove_module(torch::nn::Module& owner, const std::string& path) {
  const auto dot = path.find('.');
  if (dot == std::string::npos) return owner.unregister_module(path);
  remove_module(*owner.named_children()[path.substr(0, dot)], path.substr(dot + 1));
}

}  // namespace

ProjectedNetwork::ProjectedNetwork(std::shared_ptr<Network> encoder, std::int64_t outputs)
    : encoder_(std::move(encoder)) {
  remove_module(*encoder_, std::string(encoder_->head_name()));
  adopt_layers();
  const std::int64_t features = encoder_->feature_count();
  projector_ =
      register_module(kProjectorName, torch::nn::Sequential(torch::nn::Linear(features, features), torch::nn::ReLU(),
                                                            torch::nn::Linear(features, outputs)));
}

void ProjectedNetwork::adopt_layers() {
  for (const auto& layer : encoder_->named_children()) register_module(layer.key(), layer.value());
  for (const auto& own : encoder_->named_parameters(/*recurse=*/false)) register_parameter(own.key(), own.value());
  for (const auto& own : encoder_->named_buffers(/*recurse=*/false)) register_buffer(own.key(), own.value());
}

void ProjectedNetwork::train(bool on) {
  Network::train(on);
  encoder_->train(on);
}

}  // namespace hpctrain::models
