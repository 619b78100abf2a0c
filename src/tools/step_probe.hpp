// Measures what a training step takes, in memory and time, on made-up records: real steps, made of the parts that a
// run is made of, of a few samples each. One process, no ranks, no data set read.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "data/dataset_index.hpp"
#include "tools/memory_forecast.hpp"
#include "tools/run_forecast.hpp"
#include "train/settings.hpp"

namespace hpctrain::tools {

struct ProbeSettings {
  /// Micro-batches of 2 and 4 samples are always measured; then twice as many each time, up to this many …
  std::uint64_t most_samples = 16;
  /// … while the next one will not take longer than that, by the ones before it.
  double seconds = 2;
  bool recomputes = false;  ///< parts of the network run once more in backward instead of keeping activations
};

/// What was measured of one network at one image size in one number format.
struct StepProbeReport {
  StateBytes state;                       ///< as the parts of a run allocate it
  std::vector<MemoryPoint> points;        ///< beside the state, by samples
  std::vector<MemoryPoint> evaluation;    ///< the same of a forward pass without gradients
  StepCost cost;                          ///< of this device
  std::uint64_t spanning_loss_bytes = 0;  ///< of a loss over the whole global batch, which no probe is as large as
  std::uint64_t row_bytes = 0;            ///< of a sample in a batch slot
  std::uint64_t parameters = 0;
  bool can_recompute = false;  ///< the network could, whether or not it did
};

/// Steps of growing micro-batches: the first of each size warms up, the second is timed.
///   shapes  records as `index` delivers them at settings.image_size
///   blocks  for seconds: a step of 2 and one of 4 samples are made twice each, whatever they cost
///   errors  Fault::usage for what a training refuses: images too small, a network of another kind;
///           recomputation of a network that cannot; Fault::device, out of memory
StepProbeReport probe_step(const train::RunSettings& settings, const data::DatasetIndex& index,
                           const torch::Device& device, const ProbeSettings& probe);

/// The format in which `device` can measure what `wish` takes: as many bytes, other kernels.
train::Precision plan_probe_precision(train::Precision wish, const torch::Device& device);

}  // namespace hpctrain::tools
