#include "train/memory_holdings.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>
#include <utility>

#include "core/text_format.hpp"

namespace hpctrain::train {

using checkpoint::NamedTensor;
using checkpoint::total_bytes;

MemoryHoldings find_holdings(const checkpoint::TrainingState& state, const GradientBuckets& buckets) {
  return {.parameters = total_bytes(state.parameters),
          .buffers = total_bytes(state.buffers),
          .gradients = buckets.slab().nbytes(),
          .optimizer = total_bytes(state.optimizer)};
}

nlohmann::json to_json(const MemoryHoldings& holdings) {
  return {{"parameters", holdings.parameters},
          {"buffers", holdings.buffers},
          {"gradients", holdings.gradients},
          {"optimizer", holdings.optimizer},
          {"total", holdings.total()}};
}

std::string describe_holdings(const MemoryHoldings& holdings) {
  return fmt::format("parameters {}, gradients {}, optimizer {}", format_bytes(holdings.parameters),
                     format_bytes(holdings.gradients), format_bytes(holdings.optimizer));
}

nlohmann::json largest_tensors(const checkpoint::TrainingState& state, std::size_t most) {
  std::vector<std::pair<const char*, const NamedTensor*>> all;
  for (const auto& tensor : state.parameters) all.emplace_back("parameter", &tensor);
  for (const auto& tensor : state.optimizer) all.emplace_back("optimizer", &tensor);
  for (const auto& tensor : state.buffers) all.emplace_back("buffer", &tensor);
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.second->tensor.nbytes() > b.second->tensor.nbytes(); });
  all.resize(std::min(most, all.size()));
  nlohmann::json list = nlohmann::json::array();
  for (const auto& [kind, named] : all) {
    list.push_back({{"name", named->name},
                    {"kind", kind},
                    {"shape", named->tensor.sizes().vec()},
                    {"bytes", named->tensor.nbytes()}});
  }
  return list;
}

}  // namespace hpctrain::train
