#include "tools/saved_network.hpp"

#include <torch/utils.h>

#include <map>

#include "checkpoint/catalogue.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "train/network_state.hpp"
#include "train/precision.hpp"
#include "train/run_parts.hpp"

namespace hpctrain::tools {
namespace {

void copy_tensors(const std::vector<checkpoint::NamedTensor>& from, const std::vector<checkpoint::NamedTensor>& to,
                  const std::filesystem::path& checkpoint) {
  std::map<std::string, torch::Tensor> given;
  for (const auto& [name, tensor] : from) given.emplace(name, tensor);
  require(given.size() == to.size(), Fault::usage,
          checkpoint.string() + " holds another network than run.ini describes; restore the run's own run.ini");
  for (const auto& [name, tensor] : to) {
    const auto found = given.find(name);
    require(found != given.end() && found->second.sizes() == tensor.sizes(), Fault::usage,
            checkpoint.string() + " has no tensor " + name +
                " of the network that run.ini describes; restore the run's own run.ini");
    tensor.detach().copy_(found->second);
  }
}

/// A run may be looked at on a device that could not have trained it.
train::RunSettings with_format_of(train::RunSettings settings, const torch::Device& device) {
  try {
    const auto precision = settings.train.precision;
    train::require_precision(precision, train::find_format_support(precision, device));
  } catch (const Error&) {
    log_warning("this device does not compute in the run's number format; answers are computed in float32");
    settings.train.precision = train::Precision::fp32;
  }
  return settings;
}

}  // namespace

SavedNetwork load_saved_network(FileSystem& files, const std::filesystem::path& checkpoint,
                                const train::RunSettings& settings, const data::DatasetIndex& index,
                                const torch::Device& device) {
  const torch::NoGradGuard no_grad;
  SavedNetwork saved;
  saved.task = train::make_run_task(settings, index);
  saved.network = train::make_run_network(settings, *saved.task);
  saved.checkpoint = checkpoint;
  const auto loaded = hpctrain::checkpoint::load_weights(files, saved.checkpoint);
  saved.step = loaded.manifest.step;
  const auto state = train::network_state(*saved.network);
  copy_tensors(loaded.state.parameters, state.parameters, saved.checkpoint);
  copy_tensors(loaded.state.buffers, state.buffers, saved.checkpoint);
  saved.network->to(device);
  saved.network->eval();
  const auto asked = with_format_of(settings, device);
  train::set_matmul_format(asked.train.precision);
  saved.forward_pass = train::make_forward_pass(asked, device);
  return saved;
}

}  // namespace hpctrain::tools
