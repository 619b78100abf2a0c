#include "tools/preflight_survey.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <system_error>

#include "comm/affinity.hpp"
#include "core/clock.hpp"
#include "device/gpu_backend.hpp"
#include "device/gpu_identity.hpp"
#include "device/gpu_survey.hpp"
#include "tools/clock_offsets.hpp"
#include "tools/network_link.hpp"
#include "train/reproducible_mode.hpp"
#include "train/wall_time.hpp"

namespace hpctrain::tools {
namespace {

std::optional<std::uint64_t> limit_of(__rlimit_resource resource) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return limit.rlim_cur;
}

/// Where crashes go to a program, as with systemd-coredump, it bounds what they leave.
bool do_crashes_write_files() {
  std::ifstream pattern("/proc/sys/kernel/core_pattern");
  return pattern.get() != '|';
}

LimitFacts read_limits() {
  LimitFacts limits;
  limits.open_files = limit_of(RLIMIT_NOFILE);
  limits.locked_bytes = limit_of(RLIMIT_MEMLOCK);
  limits.core_bytes = do_crashes_write_files() ? limit_of(RLIMIT_CORE) : std::optional<std::uint64_t>(0);
  limits.processor_seconds = limit_of(RLIMIT_CPU);
  limits.file_bytes = limit_of(RLIMIT_FSIZE);
  limits.address_bytes = limit_of(RLIMIT_AS);
  return limits;
}

void add_gpus(device::DeviceWish wish, RankFacts& facts) {
  const device::GpuSurvey survey = device::survey_gpus(wish);
  facts.has_gpu_hardware = survey.has_hardware;
  facts.can_compute_on_gpus = survey.can_compute_on_gpus;
  facts.gpu_obstacle = device::gpu_backend_obstacle();
  facts.built_cuda = device::built_cuda_version();
  if (survey.has_hardware) facts.driver_cuda = device::driver_cuda_version();
  for (int gpu = 0; gpu < survey.visible; ++gpu) {
    const std::string identity = device::gpu_identity(gpu);
    facts.gpus.push_back(identity.empty() ? "unknown" : identity);
  }
}

/// What the job holds of this node, as far as the node really has it.
std::optional<std::uint64_t> held_cpus(const comm::Environment& environment) {
  const auto held = comm::find_job_cpus_of_node(environment);
  const long present = ::sysconf(_SC_NPROCESSORS_ONLN);
  if (!held || present < 1) return std::nullopt;
  return static_cast<std::uint64_t>(std::min<long>(*held, present));
}

}  // namespace

JobFacts survey_job(const SurveyPlace& place) {
  JobFacts facts;
  facts.launch = place.launch.kind;
  facts.world = place.placement.world;
  facts.launched = place.launch.world;
  facts.allocated_tasks = comm::find_allocated_tasks(place.environment);
  facts.is_in_allocation = comm::is_in_allocation(place.environment);
  facts.device_wish = place.settings.train.device;
  facts.stop_reserve_seconds = train::plan_stop_reserve(place.settings.wall_time, {});
  if (const auto end = place.settings.wall_time.job_end_unix) facts.seconds_left = *end - unix_seconds();
  return facts;
}

NodeFacts survey_node(const SurveyPlace& place) {
  NodeFacts facts;
  facts.node = place.placement.node;
  facts.host = place.placement.host;
  facts.held_cpus = held_cpus(place.environment);
  facts.granted_gpus = comm::find_job_gpus_of_node(place.environment);
  std::error_code unreadable;
  const auto shared = std::filesystem::space("/dev/shm", unreadable);
  if (!unreadable) facts.shared_memory_bytes = shared.available;
  const NetworkLink link = find_fastest_link();
  facts.link = link.name;
  facts.link_bytes_per_second = link.bytes_per_second;
  facts.has_infiniband = link.is_infiniband;
  return facts;
}

RankFacts survey_rank(const SurveyPlace& place) {
  RankFacts facts;
  facts.rank = place.placement.rank;
  facts.node = place.placement.node;
  facts.local_rank = place.placement.local_rank;
  facts.host = place.placement.host;
  facts.cpu_share = place.cpu_share;
  facts.cpus = comm::read_affinity();
  facts.operation_threads = train::plan_operation_threads(place.settings.train, static_cast<int>(place.cpu_share));
  facts.reader_threads = place.settings.loader.threads;
  add_gpus(place.settings.train.device, facts);
  facts.limits = read_limits();
  return facts;
}

double compare_clocks(comm::Communicator& world, const Placement& placement) {
  const auto group = world.split(placement.is_node_leader() ? 0 : 1, world.rank());
  return placement.is_node_leader() ? measure_clock_ahead(*group) : 0;
}

PreflightFacts survey_all(comm::Communicator& world, const SurveyPlace& place) {
  std::optional<NodeFacts> node;
  if (place.placement.is_node_leader()) node = survey_node(place);
  const double ahead = compare_clocks(world, place.placement);
  if (node) node->clock_ahead_seconds = ahead;
  return gather_facts(world, survey_job(place), node, survey_rank(place));
}

}  // namespace hpctrain::tools
