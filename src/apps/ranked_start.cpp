#include "apps/ranked_start.hpp"

#include <fmt/ranges.h>
#include <torch/version.h>

#include <algorithm>
#include <array>
#include <utility>

#include "apps/sample_dataset.hpp"
#include "comm/affinity.hpp"
#include "comm/agree.hpp"
#include "comm/common_facts.hpp"
#include "core/log.hpp"
#include "core/node_scratch.hpp"
#include "core/version.hpp"
#include "data/index_child.hpp"
#include "device/device.hpp"
#include "device/host_memory.hpp"
#include "device/tensor_memory.hpp"
#include "train/reproducible_mode.hpp"

namespace hpctrain::apps {
namespace {

/// They speak of one node or process, so ranks may have different values.
constexpr std::array kLocalOptions = {"cache.dir", "cache.limit-gib", "run.job-end-unix", "train.memory-limit-mib"};

/// What the result depends on: versions first, because other versions know other options.
std::vector<comm::Fact> start_facts(const CommandInput& input) {
  std::vector<comm::Fact> facts;
  for (const auto& [name, version] : RankedStart::versions()) facts.push_back({"version of " + name, version});
  for (const auto& row : input.table.rows()) {
    const bool is_local = std::find(kLocalOptions.begin(), kLocalOptions.end(), row.name()) != kLocalOptions.end();
    if (!is_local) facts.push_back({row.name(), row.value_text()});
  }
  for (const auto& axis : input.resolution.axes) {
    facts.push_back({"axis " + axis.name(), fmt::format("{}", fmt::join(axis.values, ","))});
  }
  return facts;
}

}  // namespace

void RankedStart::prepare(const std::function<void(CommandInput&)>& resolve) {
  const comm::Launch launch = comm::plan_launch(environment_);
  failed_.hold(launch.kind, [&] { prepare_or_throw(launch, resolve); });
}

/// All of it must happen before MPI starts: threads are bound, and a forked child and an initialised MPI do not go
/// together.
void RankedStart::prepare_or_throw(const comm::Launch& launch, const std::function<void(CommandInput&)>& resolve) {
  granted_cpus_ = comm::widen_affinity(launch.local_rank, launch.local_world.value_or(1), environment_).share;
  resolve(input_);
  auto& job_end_unix = input_.settings.run.wall_time.job_end_unix;
  if (!job_end_unix) job_end_unix = comm::find_job_end_unix(environment_);
  LogSettings log;
  log.rank = launch.rank;
  log.world = launch.world.value_or(1);
  log.quiet = input_.settings.run.quiet;
  start_logging(log);
  device::keep_freed_memory();
  device::meter_host_tensors();
  device::set_operation_threads(
      train::plan_operation_threads(input_.settings.run.train, static_cast<int>(granted_cpus_)));
  if (launch.rank != 0) return;
  if (is_sample_dataset(input_.settings.data_dir)) make_sample_dataset(input_.settings.data_dir);
  for (const auto& folder : dataset_folders(input_.settings, input_.resolution.axes)) {
    indices_.emplace(folder, data::index_dataset(packer_program(), folder));
  }
  require_folds_of_one(indices_);
}

data::DatasetIndex RankedStart::share_index(comm::Communicator& world) const {
  return std::move(share_indices(world).begin()->second);
}

DatasetIndices RankedStart::share_indices(comm::Communicator& world) const {
  failed_.throw_together(world);
  comm::require_common_facts(world, start_facts(input_),
                             "start all ranks with the same program, options, files and environment");
  DatasetIndices indices;
  for (const auto& folder : dataset_folders(input_.settings, input_.resolution.axes)) {
    const std::string text =
        comm::broadcast_text(world, world.is_leader() ? data::index_to_text(indices_.at(folder)) : std::string(), 0);
    indices.emplace(folder, data::index_from_text(text));
  }
  return indices;
}

torch::Device RankedStart::choose_device(comm::MpiSession& session) const {
  return apps::choose_device(session.world(), session.placement(), input_.settings.run.train.device);
}

RankView RankedStart::view_of_rank(const Placement& placement, const torch::Device& device) const {
  RankView view{placement.node, placement.host, granted_cpus_, device::describe_device(device), "", 0};
  if (const auto scratch = find_node_scratch(plan_scratch_candidates(environment_))) {
    view.scratch = scratch->folder.string();
    view.scratch_free_bytes = scratch->free_bytes;
  }
  return view;
}

std::map<std::string, std::string> RankedStart::versions() {
  return {{"hpctrain", kVersion}, {"libtorch", TORCH_VERSION}, {"mpi", comm::mpi_version_text()}};
}

}  // namespace hpctrain::apps
