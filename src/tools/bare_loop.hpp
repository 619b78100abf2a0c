// The same training as a user of LibTorch would write it by hand for one process: what an engine costs shows beside it.
#pragma once

#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/placement.hpp"
#include "data/dataset_index.hpp"
#include "data/loader.hpp"
#include "monitor/step_clock.hpp"
#include "tasks/task.hpp"
#include "train/settings.hpp"

namespace hpctrain::tools {

/// This rank's shares of the first steps of a run, in ordinary memory, so that reading costs the loop nothing.
class StoredBatches {
 public:
  ///   errors  Fault::data, Fault::usage: as data::Loader
  StoredBatches(const train::RunSettings& settings, const data::DatasetIndex& index, const Placement& placement,
                const tasks::Task& task, std::uint64_t steps);

  /// The micro-batches of one step, counted from 0.
  std::span<const data::MicroBatch> step(std::uint64_t step) const { return steps_.at(step); }
  std::uint64_t size() const noexcept { return steps_.size(); }
  std::uint64_t steps_per_epoch() const noexcept { return steps_per_epoch_; }

 private:
  void append(const data::MicroBatch& batch);

  std::vector<std::vector<data::MicroBatch>> steps_;
  std::vector<std::vector<std::uint64_t>> ids_;  ///< what the micro-batches' spans point into
  std::vector<std::vector<std::byte>> rows_;
  std::uint64_t steps_per_epoch_ = 0;
};

struct BareLoopReport {
  double step_seconds = 0;       ///< mean over the steps after the warm-up
  monitor::PhaseSeconds phases;  ///< of that; on a GPU as long as it takes to enqueue them
  std::vector<double> losses;    ///< of each step, this rank's part of the mean over the global batch
};

/// Forward, backward, SGD through torch's fused kernel, on this rank alone: neither buckets nor hooks, nor anything
/// between steps. Starts from the weights that a run starts from and makes the steps of `batches`.
///   errors  Fault::usage for another optimizer than sgd
BareLoopReport run_bare_loop(const train::RunSettings& settings, const tasks::Task& task, const StoredBatches& batches,
                             const torch::Device& device, std::uint64_t warm_up_steps);

}  // namespace hpctrain::tools
