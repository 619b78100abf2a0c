#include "apps/ranked_start.hpp"

#include <torch/version.h>

#include "apps/sample_dataset.hpp"
#include "comm/affinity.hpp"
#include "comm/agree.hpp"
#include "core/log.hpp"
#include "core/node_scratch.hpp"
#include "core/version.hpp"
#include "data/index_child.hpp"
#include "device/device.hpp"

namespace hpctrain::apps {

void RankedStart::prepare(const std::function<void(CommandInput&)>& resolve) {
  const comm::Launch launch = comm::plan_launch(environment_);
  try {
    prepare_or_throw(launch, resolve);
  } catch (const std::exception&) {
    if (launch.kind == comm::LaunchKind::single) throw;
    failed_ = std::current_exception();
  }
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
  device::set_operation_threads(input_.settings.run.train.threads.value_or(static_cast<int>(granted_cpus_)));
  if (launch.rank != 0) return;
  if (is_sample_dataset(input_.settings.data_dir)) make_sample_dataset(input_.settings.data_dir);
  index_ = data::index_dataset(packer_program(), input_.settings.data_dir);
}

data::DatasetIndex RankedStart::share_index(comm::Communicator& world) const {
  comm::run_agreed(world, [this] {
    if (failed_) std::rethrow_exception(failed_);
  });
  const std::string text =
      comm::broadcast_text(world, world.is_leader() ? data::index_to_text(*index_) : std::string(), 0);
  return data::index_from_text(text);
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
