// The parts of a run that need no other ranks, from settings alone: its task, its network, what it reads, its learning
// rates. Training and everything that stands beside it (eval, predict, bench) make them here, so that all mean the
// same.
#pragma once

#include <memory>
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

inline constexpr std::string_view kTrainingSplit = "train";

///   errors  Fault::data, Fault::usage: as tasks::make_task and tasks::read_augmentation
std::unique_ptr<tasks::Task> make_run_task(const RunSettings& settings, const data::DatasetIndex& index);

/// Parameters are drawn from the run's seed; on the CPU, in training mode.
///   errors  Fault::usage when the network does not answer in the task's way, or as models::make_network
std::shared_ptr<models::Network> make_run_network(const RunSettings& settings, const tasks::Task& task);

/// How training asks its network on this device, and every score after it.
ForwardPass make_forward_pass(const RunSettings& settings, const torch::Device& device);

/// Which samples training reads, in which order, on so many ranks.
data::LoaderPlan make_loader_plan(const RunSettings& settings, int world);

RunLength plan_length(const RunSettings& settings, std::uint64_t steps_per_epoch);
Schedule make_run_schedule(const RunSettings& settings, const RunLength& length);

/// Splits that are scored: every one but the training split, in the data set's order.
std::vector<std::string> scored_splits(const data::DatasetIndex& index);

}  // namespace hpctrain::train
