// The parts of a run that need no other ranks, from settings alone: its task, its network, what it reads, its learning
// rates. Training and everything that stands beside it (eval, predict, bench) make them here, so that all mean the
// same.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset_index.hpp"
#include "data/loader.hpp"
#include "models/network.hpp"
#include "tasks/task.hpp"
#include "train/forward_pass.hpp"
#include "train/progress.hpp"
#include "train/schedule.hpp"
#include "train/settings.hpp"

namespace hpctrain::train {

/// Where pictures without labels stand, by the packer's word: nothing there can be scored.
inline constexpr std::string_view kUnlabelledSplit = "unlabeled";
inline constexpr std::string_view kValidationSplit = "validation";

///   errors  Fault::data, Fault::usage: as tasks::make_task and tasks::read_augmentation
std::unique_ptr<tasks::Task> make_run_task(const RunSettings& settings, const data::DatasetIndex& index);

/// Parameters are drawn from the run's seed; on the CPU, in training mode; recomputes where settings.train says on.
///   errors  Fault::usage when the network does not answer in the task's way, cannot recompute, or as
///           models::make_network
std::shared_ptr<models::Network> make_run_network(const RunSettings& settings, const tasks::Task& task);

/// Puts the network where training wants it: on the device, in training mode, in the memory layout that pays. Before
/// anything holds views of its parameters; their values stay.
void prepare_for_training(const RunSettings& settings, models::Network& network, const torch::Device& device);

/// How training asks its network on this device, and every score after it.
ForwardPass make_forward_pass(const RunSettings& settings, const torch::Device& device);

/// Which samples training reads, in which order, on so many ranks.
data::LoaderPlan make_loader_plan(const RunSettings& settings, int world);

RunLength plan_length(const RunSettings& settings, std::uint64_t steps_per_epoch);
Schedule make_run_schedule(const RunSettings& settings, const RunLength& length);

/// Splits that are scored, in the data set's order: every one but the training split, the one of the reference samples
/// and the unlabelled one. None where the task has no scores.
std::vector<std::string> scored_splits(const RunSettings& settings, const tasks::Task& task,
                                       const data::DatasetIndex& index);

/// Of scored splits the one that is scored while training and that trials are compared by: validation where there is
/// one, else the first.
std::optional<std::string> deciding_split(const std::vector<std::string>& scored);

/// Splits that training reads: its own, what is scored, and the one of the reference samples.
std::vector<std::string> splits_in_use(const RunSettings& settings, const tasks::Task& task,
                                       const data::DatasetIndex& index);

/// errors  Fault::usage when the data set lacks the split that is trained on, or the one of the reference samples
void require_splits(const RunSettings& settings, const tasks::Task& task, const data::DatasetIndex& index);
/// errors  Fault::usage when the global batch is larger than the split that is trained on
void require_batch(const RunSettings& settings, const data::DatasetIndex& index);
/// Of require_splits() the reference samples' alone: for a run that is only scored.
void require_reference_split(const tasks::Task& task, const data::DatasetIndex& index);

}  // namespace hpctrain::train
