#include "train/initial_weights.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/utils.h>

#include <map>
#include <string_view>

#include "checkpoint/safetensors.hpp"
#include "core/error.hpp"
#include "train/network_state.hpp"

namespace hpctrain::train {
namespace {

/// Of batch normalisation: how many batches its running statistics are made of. Nothing here reads it.
constexpr std::string_view kBatchCounter = ".num_batches_tracked";

using TensorsByName = std::map<std::string, torch::Tensor>;

TensorsByName by_name(std::vector<checkpoint::NamedTensor> tensors) {
  TensorsByName named;
  for (auto& [name, tensor] : tensors) named.emplace(name, std::move(tensor));
  return named;
}

std::string shape_text(const torch::Tensor& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.sizes(), ", "));
}

/// The two sides of a take-over: what is wanted, and what the file gives.
class TakeOver {
 public:
  TakeOver(std::string origin, const models::Network& network, TensorsByName given)
      : origin_(std::move(origin)),
        head_(std::string(network.head_name()) + "."),
        former_head_(std::string(network.former_head_name()) + "."),
        given_(std::move(given)) {}

  void take(const std::string& name, torch::Tensor target) {
    const auto found = given_.find(name);
    // Files older than that counter lack it; this network's is zero then, as in torch.
    if (found == given_.end() && name.ends_with(kBatchCounter)) return;
    const bool fits = found != given_.end() && found->second.sizes() == target.sizes() &&
                      found->second.is_floating_point() == target.is_floating_point();
    if (fits) {
      target.copy_(found->second);
      ++taken_;
    } else {
      require(is_of_head(name), Fault::usage,
              found == given_.end()
                  ? fmt::format("model.init {}: has no tensor {}; give weights of the same network", origin_, name)
                  : fmt::format("model.init {}: {} is {}, this network's is {}; give weights of the same network",
                                origin_, name, shape_text(found->second), shape_text(target)));
      messages_.push_back(fmt::format(
          "model.init: {} starts from random values: the file {}", name,
          found == given_.end() ? "has none"
                                : fmt::format("has {}, not {}", shape_text(found->second), shape_text(target))));
    }
    if (found != given_.end()) given_.erase(found);
  }

  std::vector<std::string> finish() {
    for (const auto& [name, tensor] : given_) {
      require(is_of_head(name) || name.starts_with(former_head_), Fault::usage,
              fmt::format("model.init {}: holds {}, which this network does not have; give weights of the same network",
                          origin_, name));
    }
    messages_.insert(messages_.begin(), fmt::format("model.init: took {} tensors from {}", taken_, origin_));
    return messages_;
  }

 private:
  bool is_of_head(const std::string& name) const { return name.starts_with(head_); }

  std::string origin_;
  std::string head_;
  std::string former_head_;
  TensorsByName given_;
  std::size_t taken_ = 0;
  std::vector<std::string> messages_;
};

}  // namespace

std::vector<std::string> load_initial_weights(FileSystem& files, const std::filesystem::path& path,
                                              models::Network& network) {
  const torch::NoGradGuard no_grad;
  const auto state = network_state(network);
  TakeOver weights(path.string(), network, by_name(checkpoint::load_safetensors(files, path).tensors));
  for (const auto* tensors : {&state.parameters, &state.buffers}) {
    for (const auto& [name, tensor] : *tensors) weights.take(name, tensor.detach());
  }
  return weights.finish();
}

}  // namespace hpctrain::train
