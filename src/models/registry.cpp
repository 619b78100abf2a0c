#include "models/registry.hpp"

#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "models/efficientnet.hpp"
#include "models/mobilenet_v3.hpp"
#include "models/projected_network.hpp"
#include "models/resnet.hpp"
#include "models/small_convnet.hpp"
#include "models/spatial_configuration_net.hpp"
#include "models/strided_convnet.hpp"
#include "models/unet.hpp"
#include "models/wide_resnet.hpp"

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
    NetworkEntry{"efficientnet-b0", "mobile network of 4.0 million parameters, torchvision's names",
                 make_efficientnet_b0, OutputKind::values, /*has_stochastic_depth=*/true},
    NetworkEntry{"mobilenet-v3-small", "mobile network of 1.5 million parameters, torchvision's names",
                 make_mobilenet_v3_small},
    NetworkEntry{"scn", "SpatialConfiguration-Net, heatmaps for landmarks at full resolution, for GPUs",
                 make_spatial_configuration_net, OutputKind::maps},
};

constexpr std::array kFamilies = {
    NetworkFamily{"wrn-D-W", "wide residual network of D layers, W times as wide as the first ones",
                  is_wide_resnet_name, [](std::string_view name) { read_wide_resnet_name(name); }, make_wide_resnet},
};

std::shared_ptr<Network> with_projector(std::string_view name, std::shared_ptr<Network> network,
                                        const NetworkSpec& spec) {
  if (!spec.has_projector) return network;
  require(network->feature_count() > 0, Fault::usage,
          "model.name " + std::string(name) +
              " has no features in front of its head, and contrastive learning is about those; choose one of: " +
              network_names_text(OutputKind::values));
  return std::make_shared<ProjectedNetwork>(std::move(network), spec.outputs);
}

}  // namespace

std::span<const NetworkEntry> networks() {
  return kNetworks;
}

std::span<const NetworkFamily> network_families() {
  return kFamilies;
}

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const auto& entry : kNetworks) names.emplace_back(entry.name);
  return names;
}

std::shared_ptr<Network> make_network(std::string_view name, const NetworkSpec& spec) {
  const auto entry =
      std::find_if(kNetworks.begin(), kNetworks.end(), [&](const auto& candidate) { return candidate.name == name; });
  const bool has_stochastic_depth = entry != kNetworks.end() && entry->has_stochastic_depth;
  require(!spec.stochastic_depth || has_stochastic_depth, Fault::usage,
          "model.stochastic-depth is for efficientnet-b0 alone, and model.name is " + std::string(name) +
              "; leave it away");
  if (entry != kNetworks.end()) return with_projector(name, entry->make(spec), spec);
  for (const auto& family : kFamilies) {
    if (family.claims(name)) return with_projector(name, family.make(name, spec), spec);
  }
  throw Error(Fault::usage, "model.name: there is no network '" + std::string(name) + "'; choose one of: " +
                                network_names_text(OutputKind::values) + ", " + network_names_text(OutputKind::maps));
}

std::string network_names_text(OutputKind kind) {
  std::string text;
  const auto add = [&](std::string_view name, OutputKind output) {
    if (output == kind) text += (text.empty() ? "" : ", ") + std::string(name);
  };
  for (const auto& entry : kNetworks) add(entry.name, entry.output);
  for (const auto& family : kFamilies) add(family.pattern, family.output);
  return text;
}

std::int64_t count_parameters(const Network& network) {
  std::int64_t count = 0;
  for (const auto& parameter : network.parameters()) count += parameter.numel();
  return count;
}

}  // namespace hpctrain::models
