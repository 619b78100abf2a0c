// A trained network out of a run directory, ready to answer. (one process; no ranks)
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/file_system.hpp"
#include "data/dataset_index.hpp"
#include "models/network.hpp"
#include "tasks/task.hpp"
#include "train/forward_pass.hpp"
#include "train/settings.hpp"

namespace hpctrain::tools {

struct SavedNetwork {
  std::unique_ptr<tasks::Task> task;
  std::shared_ptr<models::Network> network;  ///< on the device, in evaluation mode
  train::ForwardPass forward_pass{train::Precision::fp32, train::ImageLayout::as_stored};
  std::filesystem::path checkpoint;
  std::uint64_t step = 0;
};

/// A checkpoint's weights in the network that `settings` describe, asked in the run's number format; in float32 where
/// the device does not know that. `index` needs no shards.
///   errors  Fault::no_checkpoint  the checkpoint is damaged
///           Fault::usage          its tensors are not those of the network; as train::make_run_network
SavedNetwork load_saved_network(FileSystem& files, const std::filesystem::path& checkpoint,
                                const train::RunSettings& settings, const data::DatasetIndex& index,
                                const torch::Device& device);

}  // namespace hpctrain::tools
