#include "train/micro_step_graphs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/utils.h>

#include <algorithm>
#include <exception>

#include "core/error.hpp"
#include "core/log.hpp"

namespace hpctrain::train {
namespace {

/// The first may choose kernels, the second finds what the first put into caches.
constexpr int kRehearsals = 2;
/// Whole micro-batches, and the last one of a step or an epoch; each keeps its activations for itself.
constexpr std::size_t kMostShapes = 2;

std::string describe(const torch::Tensor& tensor) {
  if (!tensor.defined()) return "-";
  return fmt::format("{}[{}][{}]", static_cast<int>(tensor.scalar_type()), fmt::join(tensor.sizes(), ","),
                     fmt::join(tensor.strides(), ","));
}

/// All that recorded work took for granted: what its numbers are computed from is in tensors.
std::string key_of(const tasks::Batch& batch, std::uint64_t samples, const models::Network& network) {
  const auto parameters = network.parameters();
  const auto learning = std::count_if(parameters.begin(), parameters.end(),
                                      [](const torch::Tensor& parameter) { return parameter.requires_grad(); });
  return fmt::format("{} {} {} {} {} {}", describe(batch.images), describe(batch.targets), describe(batch.attributes),
                     batch.views, samples, learning);
}

torch::Tensor like(const torch::Tensor& tensor) {
  return tensor.defined() ? torch::empty_like(tensor) : torch::Tensor();
}

void copy_inputs(tasks::Batch& to, const tasks::Batch& from) {
  const torch::NoGradGuard no_grad;
  to.images.copy_(from.images);
  if (from.targets.defined()) to.targets.copy_(from.targets);
  if (from.attributes.defined()) to.attributes.copy_(from.attributes);
}

}  // namespace

GraphMove plan_graph_move(const GraphHistory& history) noexcept {
  if (history.is_given_up || !history.has_room) return GraphMove::run_plainly;
  if (history.is_recorded) return GraphMove::replay;
  return history.rehearsals < kRehearsals ? GraphMove::rehearse : GraphMove::record;
}

std::optional<torch::Tensor> MicroStepGraphs::run(const tasks::Batch& batch, const MicroStepPlace& place,
                                                  std::uint64_t samples) {
  Shape* shape = is_given_up_ ? nullptr : find_or_add(batch, samples);
  const GraphMove move = plan_graph_move({.rehearsals = shape != nullptr ? shape->rehearsals : 0,
                                          .is_recorded = shape != nullptr && shape->work != nullptr,
                                          .is_given_up = is_given_up_,
                                          .has_room = shape != nullptr});
  if (move == GraphMove::run_plainly) return std::nullopt;
  copy_inputs(shape->inputs, batch);
  if (move == GraphMove::rehearse) {
    ++shape->rehearsals;
    parts_.recorder.rehearse(work_of(*shape, place, samples));
    return shape->loss;
  }
  if (move == GraphMove::record && !record(*shape, place, samples)) return std::nullopt;
  shape->work->replay();
  return shape->loss;
}

MicroStepGraphs::Shape* MicroStepGraphs::find_or_add(const tasks::Batch& batch, std::uint64_t samples) {
  const std::string key = key_of(batch, samples, parts_.network);
  const auto found = std::find_if(shapes_.begin(), shapes_.end(), [&](const auto& shape) { return shape->key == key; });
  if (found != shapes_.end()) return found->get();
  if (shapes_.size() == kMostShapes) return nullptr;
  auto shape = std::make_unique<Shape>();
  shape->key = key;
  shape->inputs = batch;
  shape->inputs.images = like(batch.images);
  shape->inputs.targets = like(batch.targets);
  shape->inputs.attributes = like(batch.attributes);
  shapes_.push_back(std::move(shape));
  return shapes_.back().get();
}

std::function<void()> MicroStepGraphs::work_of(Shape& shape, const MicroStepPlace& place, std::uint64_t samples) {
  return [this, &shape, place, samples] {
    const auto outputs = parts_.micro_step.run_forward(shape.inputs, place);
    const auto loss = parts_.micro_step.loss_of(outputs, shape.inputs) / static_cast<double>(samples);
    parts_.micro_step.run_backward(parts_.update.scaled(loss));
    shape.loss = loss.detach();
  };
}

bool MicroStepGraphs::record(Shape& shape, const MicroStepPlace& place, std::uint64_t samples) {
  try {
    // While recording, torch takes no other seed than the one it has.
    parts_.micro_step.seed_draws(place);
    shape.work = parts_.recorder.record(work_of(shape, place, samples));
    return true;
  } catch (const std::exception& failure) {
    const std::string words = failure.what();
    log_info("train.cuda-graph: a micro-step of this run cannot be recorded, so all run in the ordinary way ({})",
             words.substr(0, words.find('\n')));
    is_given_up_ = true;
    forget();
    return false;
  }
}

std::unique_ptr<device::WorkRecorder> make_work_recorder(GraphWish wish, const torch::Device& device) {
  if (wish == GraphWish::off) return nullptr;
  auto recorder = device::make_work_recorder(device);
  require(recorder != nullptr || wish != GraphWish::on, Fault::usage,
          "train.cuda-graph on: this run computes on CPUs, and CUDA graphs are of GPUs; leave it away");
  return recorder;
}

}  // namespace hpctrain::train
