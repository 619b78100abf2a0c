// Runs one network on given weights and images, for tests that compare with Python. Only they call it.
//   network_probe NAME STEM eval|train IN.safetensors OUT.safetensors
// IN: every parameter and buffer under its name, `probe.images` [N, C, H, W] and `probe.upstream`, the gradient of the
// output. OUT: `output`, `gradient.images`, `gradient.<parameter>` and `buffer.<buffer>` after one step's statistics.
// Computes in the number format of the images. Nothing is left out at random.
#include <torch/utils.h>

#include <cstdio>
#include <exception>
#include <map>
#include <string>

#include "checkpoint/safetensors.hpp"
#include "core/error.hpp"
#include "models/registry.hpp"
#include "models/statistics.hpp"

namespace hpctrain {
namespace {

using TensorsByName = std::map<std::string, torch::Tensor>;

struct ProbeWish {
  std::string network;
  std::string stem;
  bool is_training;
};

models::NetworkSpec plan_spec(const TensorsByName& given, const ProbeWish& wish) {
  const auto& images = given.at("probe.images");
  models::NetworkSpec spec{.channels = images.size(1),
                           .height = images.size(2),
                           .width = images.size(3),
                           .outputs = given.at("probe.upstream").size(1),
                           .stem = wish.stem == "small" ? models::Stem::small : models::Stem::imagenet};
  if (wish.network != "unet") spec.dropout = 0;
  if (wish.network == "efficientnet-b0") spec.stochastic_depth = 0;
  return spec;
}

// Strict: every tensor of the network is given, and nothing else but the probe's own.
void load_weights(models::Network& network, const TensorsByName& given) {
  const torch::NoGradGuard no_grad;
  std::size_t used = 0;
  for (auto tensors : {network.named_parameters(), network.named_buffers()}) {
    for (auto& item : tensors) {
      const auto& source = given.at(item.key());
      require(source.sizes() == item.value().sizes(), Fault::data, item.key() + ": other shape");
      item.value().copy_(source);
      ++used;
    }
  }
  require(used + 2 == given.size(), Fault::data, "weights hold names that the network lacks");
}

void apply_statistics(const models::Network& network) {
  for (auto* owner : models::statistics_owners(network)) owner->apply_staged(owner->staged());
}

std::vector<checkpoint::NamedTensor> run_network(models::Network& network, const TensorsByName& given) {
  std::vector<checkpoint::NamedTensor> results;
  const auto images = given.at("probe.images").clone().requires_grad_();
  const auto output = network.forward(images);
  output.backward(given.at("probe.upstream"));
  results.push_back({"output", output.detach()});
  results.push_back({"gradient.images", images.grad()});
  for (const auto& item : network.named_parameters())
    results.push_back({"gradient." + item.key(), item.value().grad()});
  apply_statistics(network);
  for (const auto& item : network.named_buffers()) results.push_back({"buffer." + item.key(), item.value()});
  return results;
}

int run_probe(const ProbeWish& wish, const char* in, const char* out) {
  TensorsByName given;
  for (auto& [key, tensor] : checkpoint::load_safetensors(posix_file_system(), in).tensors) given[key] = tensor;
  const auto network = models::make_network(wish.network, plan_spec(given, wish));
  network->to(given.at("probe.images").scalar_type());
  network->train(wish.is_training);
  load_weights(*network, given);
  checkpoint::save_safetensors(posix_file_system(), out, run_network(*network, given));
  return 0;
}

}  // namespace
}  // namespace hpctrain

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: network_probe NAME STEM eval|train IN.safetensors OUT.safetensors\n", stderr);
    return 64;
  }
  try {
    return hpctrain::run_probe({argv[1], argv[2], std::string(argv[3]) == "train"}, argv[4], argv[5]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "network_probe: %s\n", error.what());
    return 70;
  }
}
