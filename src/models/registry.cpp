#include "models/registry.hpp"

#include <array>

#include "core/error.hpp"
#include "models/projected_network.hpp"
#include "models/resnet.hpp"
#include "models/small_convnet.hpp"
#include "models/strided_convnet.hpp"
#include "models/unet.hpp"

namespace hpctrain::models {
namespace {

constexpr std::array kNetworks = {
    NetworkEntry{"small-convnet", "two 3×3 convolutions (16, 32) and a linear layer; 28×28 images in seconds",
                 make_small_convnet},
    NetworkEntry{"strided-convnet",
                 "three 3×3 convolutions by 2 with batch normalisation, 512 features; a cheap encoder",
                 make_strided_convnet},
    NetworkEntry{"resnet18", "residual network of 18 layers, 11.2 million parameters, torchvision's names",
                 make_resnet18},
    NetworkEntry{"resnet50", "residual network of 50 layers, 23.5 million parameters, torchvision's names",
                 make_resnet50},
    NetworkEntry{"resnet152", "residual network of 152 layers, 58.2 million parameters, torchvision's names",
                 make_resnet152},
    NetworkEntry{"unet", "heatmaps for landmarks at a quarter of the resolution, light enough for CPU cores", make_unet,
                 OutputKind::maps},
};

std::shared_ptr<Network> make_of_entry(const NetworkEntry& entry, const NetworkSpec& spec) {
  auto network = entry.make(spec);
  if (!spec.has_projector) return network;
  require(network->feature_count() > 0, Fault::usage,
          "model.name " + std::string(entry.name) +
              " has no features in front of its head, and contrastive learning is about those; choose one of: " +
              network_names_text(OutputKind::values));
  return std::make_shared<ProjectedNetwork>(std::move(network), spec.outputs);
}

}  // namespace

std::span<const NetworkEntry> networks() {
  return kNetworks;
}

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const auto& entry : kNetworks) names.emplace_back(entry.name);
  return names;
}

std::shared_ptr<Network> make_network(std::string_view name, const NetworkSpec& spec) {
  std::string known;
  for (const auto& entry : kNetworks) {
    if (entry.name == name) return make_of_entry(entry, spec);
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  throw Error(Fault::usage, "model.name: there is no network '" + std::string(name) + "'; choose one of: " + known);
}

std::string network_names_text(OutputKind kind) {
  std::string text;
  for (const auto& entry : kNetworks) {
    if (entry.output == kind) text += (text.empty() ? "" : ", ") + std::string(entry.name);
  }
  return text;
}

std::int64_t count_parameters(const Network& network) {
  std::int64_t count = 0;
  for (const auto& parameter : network.parameters()) count += parameter.numel();
  return count;
}

}  // namespace hpctrain::models
