// Runs the mathematics of contrastive learning on given numbers, for tests that compare with Python. Only they call it.
//   contrastive_probe loss TEMPERATURE IN.safetensors OUT.safetensors
//     IN: `embeddings` [b, 2, D]. OUT: `losses` [b], `gradient` of their mean.
//   contrastive_probe classify CLASSES IN.safetensors OUT.safetensors
//     IN: `features` [n, d], `labels` [n], `queries` [m, d]. OUT: `logits` of the probe and `votes` of the neighbours
//     [m, classes], `penalty` [1].
#include <torch/utils.h>

#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include "checkpoint/safetensors.hpp"
#include "core/error.hpp"
#include "tasks/linear_probe.hpp"
#include "tasks/nearest_neighbours.hpp"
#include "tasks/nt_xent.hpp"

namespace hpctrain {
namespace {

using checkpoint::NamedTensor;

std::vector<NamedTensor> run_loss(const std::map<std::string, torch::Tensor>& given, double temperature) {
  const auto embeddings = given.at("embeddings").clone().requires_grad_();
  const auto losses = tasks::nt_xent_losses(embeddings, temperature);
  losses.mean().backward();
  return {{"losses", losses.detach()}, {"gradient", embeddings.grad()}};
}

std::vector<NamedTensor> run_classify(const std::map<std::string, torch::Tensor>& given, std::int64_t classes) {
  const auto& features = given.at("features");
  const tasks::LinearProbe probe(features, given.at("labels"), classes);
  const tasks::NearestNeighbours neighbours(features, given.at("labels"), classes);
  return {{"logits", probe.logits(given.at("queries"))},
          {"votes", neighbours.votes(given.at("queries"))},
          {"penalty", torch::tensor({probe.penalty()}, torch::kFloat64)}};
}

void run_probe(const std::string& mode, const std::string& number, const char* in, const char* out) {
  std::map<std::string, torch::Tensor> given;
  for (auto& [key, tensor] : checkpoint::load_safetensors(posix_file_system(), in).tensors) given[key] = tensor;
  require(mode == "loss" || mode == "classify", Fault::usage, "no mode " + mode);
  const auto found = mode == "loss" ? run_loss(given, std::stod(number)) : run_classify(given, std::stoll(number));
  checkpoint::save_safetensors(posix_file_system(), out, found, {});
}

}  // namespace
}  // namespace hpctrain

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: contrastive_probe loss|classify NUMBER IN.safetensors OUT.safetensors\n", stderr);
    return 64;
  }
  try {
    hpctrain::run_probe(argv[1], argv[2], argv[3], argv[4]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "contrastive_probe: %s\n", error.what());
    return 70;
  }
}
