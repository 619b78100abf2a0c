#include "models/recomputation.hpp"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/nn.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "core/error.hpp"

namespace hpctrain::models {
namespace {

using torch::autograd::variable_list;

/// What computed_once() gave in the first run, in order.
using KeptValues = std::vector<std::vector<torch::Tensor>>;

struct Run {
  bool is_second;
  KeptValues& kept;
  std::size_t found = 0;  ///< of the kept values, in the second run
};

/// The part that this thread runs. On a GPU the second run is autograd's thread's.
thread_local Run* running = nullptr;

class RunGuard {
 public:
  explicit RunGuard(Run& run) : before_(std::exchange(running, &run)) {}
  ~RunGuard() { running = before_; }
  RunGuard(const RunGuard&) = delete;
  RunGuard& operator=(const RunGuard&) = delete;

 private:
  Run* before_;
};

/// Autocast of one kind of device, as this thread has it.
struct NumberFormat {
  torch::DeviceType device;
  bool is_autocast = at::autocast::is_autocast_enabled(device);
  torch::ScalarType type = at::autocast::get_autocast_dtype(device);

  void set() const {
    at::autocast::set_autocast_enabled(device, is_autocast);
    at::autocast::set_autocast_dtype(device, type);
  }
};

class FormatGuard {
 public:
  explicit FormatGuard(const NumberFormat& format) : before_{format.device} {
    // A cast that was kept in the first run has no history, and in the second it would never be let go.
    at::autocast::set_autocast_cache_enabled(false);
    format.set();
  }
  ~FormatGuard() {
    before_.set();
    at::autocast::set_autocast_cache_enabled(kept_casts_);
  }
  FormatGuard(const FormatGuard&) = delete;
  FormatGuard& operator=(const FormatGuard&) = delete;

 private:
  NumberFormat before_;
  bool kept_casts_ = at::autocast::is_autocast_cache_enabled();
};

torch::Tensor random_state(const torch::Device& device) {
  auto generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard lock(generator.mutex());
  return generator.get_state();
}

void set_random_state(const torch::Device& device, const torch::Tensor& state) {
  auto generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard lock(generator.mutex());
  generator.set_state(state);
}

/// Draws begin at `state`, and go on afterwards where they were before.
class RandomGuard {
 public:
  RandomGuard(const torch::Device& device, const torch::Tensor& state)
      : device_(device), before_(random_state(device)) {
    set_random_state(device, state);
  }
  ~RandomGuard() { set_random_state(device_, before_); }
  RandomGuard(const RandomGuard&) = delete;
  RandomGuard& operator=(const RandomGuard&) = delete;

 private:
  torch::Device device_;
  torch::Tensor before_;
};

/// Where the gradient of a part's input ends up. A leaf would have it copied into the leaf's own memory layout, and
/// kernels further down choose by layout.
class GradientTrap final : public torch::autograd::Node {
 public:
  variable_list apply(variable_list&& gradients) override {
    gradient = std::move(gradients.front());
    return {};
  }
  std::string name() const override { return "GradientTrap"; }

  torch::Tensor gradient;
};

template <typename NodeType, typename... Arguments>
std::shared_ptr<NodeType> make_node(Arguments&&... arguments) {
  return {new NodeType(std::forward<Arguments>(arguments)...), torch::autograd::deleteNode};
}

/// A part in the graph of the whole network: one operation.
class RecomputedPart final : public torch::autograd::Node {
 public:
  RecomputedPart(const Part& part, const std::vector<torch::Tensor>& inputs)
      : part_(part), device_(inputs.front().device()), format_{device_.type()}, random_state_(random_state(device_)) {
    for (const auto& input : inputs) inputs_.emplace_back(input, /*is_output=*/false);
    set_next_edges(torch::autograd::collect_next_edges(inputs));
  }

  torch::Tensor run_first(const std::vector<torch::Tensor>& inputs) {
    Run run{.is_second = false, .kept = kept_};
    const RunGuard guard(run);
    const FormatGuard format_guard(format_);
    const torch::NoGradGuard no_grad;
    return part_(inputs);
  }

  variable_list apply(variable_list&& upstream) override {
    TORCH_CHECK(part_ != nullptr, torch::autograd::ERR_BACKWARD_TWICE);
    variable_list gradients(num_outputs());
    if (!upstream.front().defined()) return gradients;
    std::vector<std::shared_ptr<GradientTrap>> traps;
    const torch::Tensor output = run_again(traps);
    // Of a part whose layers were frozen since, nothing is asked.
    if (!output.requires_grad()) return gradients;
    torch::autograd::backward({output}, {std::move(upstream.front())});
    for (std::size_t i = 0; i < traps.size(); ++i) {
      if (traps[i]) gradients[i] = std::move(traps[i]->gradient);
    }
    return gradients;
  }

  void release_variables() override {
    part_ = nullptr;
    inputs_.clear();
    kept_.clear();
  }

  std::string name() const override { return "RecomputedPart"; }

 private:
  /// The part's output, with a graph of its own that ends at the parameters and the traps.
  torch::Tensor run_again(std::vector<std::shared_ptr<GradientTrap>>& traps) {
    const torch::AutoGradMode with_graph(true);
    std::vector<torch::Tensor> inputs;
    for (const auto& saved : inputs_) {
      const auto input = saved.unpack();
      inputs.push_back(input.detach());
      traps.push_back(input.requires_grad() ? make_node<GradientTrap>() : nullptr);
      if (traps.back()) torch::autograd::set_history(inputs.back(), traps.back());
    }
    Run run{.is_second = true, .kept = kept_};
    const RunGuard guard(run);
    const FormatGuard format_guard(format_);
    const RandomGuard random_guard(device_, random_state_);
    return part_(inputs);
  }

  Part part_;
  torch::Device device_;
  NumberFormat format_;
  torch::Tensor random_state_;  ///< of the device's default generator, where the first run began
  std::vector<torch::autograd::SavedVariable> inputs_;
  KeptValues kept_;
};

bool asks_for_gradients(const PartLayers& layers, const std::vector<torch::Tensor>& inputs) {
  const auto learns = [](const torch::Tensor& tensor) { return tensor.requires_grad(); };
  if (std::any_of(inputs.begin(), inputs.end(), learns)) return true;
  return std::any_of(layers.begin(), layers.end(), [&](const torch::nn::Module* layer) {
    const auto parameters = layer->parameters();
    return std::any_of(parameters.begin(), parameters.end(), learns);
  });
}

}  // namespace

torch::Tensor run_part(bool is_recomputed, const PartLayers& layers, const Part& part,
                       std::vector<torch::Tensor> inputs) {
  const bool has_backward = torch::GradMode::is_enabled() && asks_for_gradients(layers, inputs);
  if (!is_recomputed || !has_backward || running != nullptr) return part(inputs);
  const auto node = make_node<RecomputedPart>(part, inputs);
  auto output = node->run_first(inputs);
  torch::autograd::set_history(output, node);
  return output;
}

torch::Tensor run_parts(bool is_recomputed, torch::nn::Sequential& modules, torch::Tensor input) {
  for (auto& module : *modules) {
    // A copy refers to the same module.
    const auto run = [module](const std::vector<torch::Tensor>& inputs) mutable {
      return module.forward(inputs.front());
    };
    input = run_part(is_recomputed, {module.ptr().get()}, run, {std::move(input)});
  }
  return input;
}

bool is_second_run() noexcept {
  return running != nullptr && running->is_second;
}

std::vector<torch::Tensor> computed_once(const std::function<std::vector<torch::Tensor>()>& compute) {
  if (running == nullptr) return compute();
  if (!running->is_second) {
    running->kept.push_back(compute());
    return running->kept.back();
  }
  require_invariant(running->found < running->kept.size(), "a part does the same whenever it runs");
  return running->kept[running->found++];
}

}  // namespace hpctrain::models
