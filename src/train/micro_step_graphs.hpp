// Micro-steps of shapes that come again and again as one piece of recorded work each. Knows the micro-step and who
// records, no ranks: sums over ranks begin when the whole piece is enqueued. docs/decisions/0041 has the reasons.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "device/work_recorder.hpp"
#include "models/network.hpp"
#include "train/micro_step.hpp"
#include "train/parameter_update.hpp"
#include "train/settings.hpp"

namespace hpctrain::train {

/// What is done with a micro-step of one shape.
enum class GraphMove { run_plainly, rehearse, record, replay };

/// What is known of the shape, and of recording in general.
struct GraphHistory {
  int rehearsals = 0;
  bool is_recorded = false;
  bool is_given_up = false;  ///< recording failed once
  bool has_room = true;      ///< for one more shape
};

/// Two rehearsals, then a record, then replays. Plainly where recording was given up, or there is no room.
GraphMove plan_graph_move(const GraphHistory& history) noexcept;

class MicroStepGraphs {
 public:
  /// What it works with; all of it outlives the graphs.
  struct Parts {
    MicroStep& micro_step;
    const ParameterUpdate& update;
    const models::Network& network;
    device::WorkRecorder& recorder;
  };

  explicit MicroStepGraphs(const Parts& parts) : parts_(parts) {}

  /// Forward, the losses' sum over `samples`, backward: as MicroStep has them, without hooks of gradients when
  /// replayed. No value: the caller runs it, in the ordinary way.
  ///   returns  the loss that backward began with, unscaled; good until the next call
  ///   errors   those of the micro-step; what cannot be recorded is said once and no error
  std::optional<torch::Tensor> run(const tasks::Batch& batch, const MicroStepPlace& place, std::uint64_t samples);

  /// Lets go of all records and their memory; shapes begin anew.
  void forget() { shapes_.clear(); }

 private:
  /// A shape that comes again: the memory that its inputs are copied to, and what was recorded over it.
  struct Shape {
    std::string key;
    tasks::Batch inputs;
    torch::Tensor loss;
    int rehearsals = 0;
    std::unique_ptr<device::RecordedWork> work;
  };

  Shape* find_or_add(const tasks::Batch& batch, std::uint64_t samples);
  std::function<void()> work_of(Shape& shape, const MicroStepPlace& place, std::uint64_t samples);
  /// True when it is recorded now.
  bool record(Shape& shape, const MicroStepPlace& place, std::uint64_t samples);

  Parts parts_;
  std::vector<std::unique_ptr<Shape>> shapes_;
  bool is_given_up_ = false;
};

/// Null: micro-steps run in the ordinary way.
///   errors  Fault::usage when they are asked for where there is no GPU
std::unique_ptr<device::WorkRecorder> make_work_recorder(GraphWish wish, const torch::Device& device);

}  // namespace hpctrain::train
