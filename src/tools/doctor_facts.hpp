// What a preflight asks before it judges: plain values of the job, of each node and of each rank. Knows no probe and no
// verdict. What was not asked is unset, and nothing is said of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "comm/launch.hpp"
#include "core/error.hpp"
#include "device/device_plan.hpp"

namespace hpctrain::tools {

/// Bytes moved in a measured time.
struct Throughput {
  std::uint64_t bytes = 0;
  double seconds = 0;

  double per_second() const noexcept { return seconds > 0 ? static_cast<double>(bytes) / seconds : 0; }
};

/// Sums of gradients over `ranks`.
struct SumThroughput {
  int ranks = 1;
  std::string road;         ///< as comm::GradientChannel::name()
  std::uint64_t bytes = 0;  ///< of each rank
  double seconds = 0;       ///< of one all-reduce, the slowest rank's
  /// What each rank sends, and receives, for a ring's all-reduce: comparable with a link.
  double link_bytes_per_second() const noexcept {
    return seconds > 0 ? 2.0 * (ranks - 1) / ranks * static_cast<double>(bytes) / seconds : 0;
  }
};

/// The process's limits that can end or slow a run; unset: unlimited.
struct LimitFacts {
  std::optional<std::uint64_t> open_files;
  std::optional<std::uint64_t> locked_bytes;
  std::optional<std::uint64_t> core_bytes;
  std::optional<std::uint64_t> processor_seconds;
  std::optional<std::uint64_t> file_bytes;
  std::optional<std::uint64_t> address_bytes;
};

struct RankFacts {
  int rank = 0;
  int node = 0;
  int local_rank = 0;
  std::string host;
  std::uint64_t cpu_share = 1;    ///< threads that keep busy without taking turns with other ranks
  std::vector<int> cpus;          ///< where it may run
  int operation_threads = 1;      ///< that it will compute with
  int reader_threads = 1;         ///< of the loader
  std::vector<std::string> gpus;  ///< identities of those it sees, in its own order
  bool has_gpu_hardware = false;  ///< the node's driver shows a GPU, whoever may use it
  bool can_compute_on_gpus = true;
  std::string gpu_obstacle;  ///< why LibTorch's half for GPUs cannot be loaded; empty: no reason
  int driver_cuda = 0;       ///< newest CUDA that the driver serves, 12040 for 12.4; 0: no driver
  int built_cuda = 0;        ///< CUDA that LibTorch is built with; 0: none
  LimitFacts limits;
};

/// What the leader of a node sees.
struct NodeFacts {
  int node = 0;
  std::string host;
  std::optional<std::uint64_t> held_cpus;  ///< that the job holds there and the node has
  std::optional<int> granted_gpus;         ///< by the scheduler, to the job
  std::uint64_t shared_memory_bytes = 0;   ///< free in /dev/shm
  std::string link;                        ///< its fastest network port by name; empty: none is known
  double link_bytes_per_second = 0;
  bool has_infiniband = false;
  double clock_ahead_seconds = 0;  ///< of rank zero's

  std::optional<std::string> data_obstacle;  ///< why the data set cannot be read here; empty: it can
  std::optional<Throughput> reading;         ///< of shards
  std::optional<std::string> data_lock_obstacle;
  std::optional<std::string> cache_plan;  ///< what the node's cache will do, with its arithmetic
  bool has_less_cache_than_asked = false;
  bool is_cache_unwritable = false;
  std::string cache_obstacle;               ///< why a file cannot be written and locked there; empty: it can
  std::optional<std::string> run_obstacle;  ///< why a file of rank zero is not seen where the run goes; empty: it is
};

/// What is one for the whole job.
struct JobFacts {
  comm::LaunchKind launch = comm::LaunchKind::single;
  int world = 1;                       ///< ranks that MPI joins
  std::optional<int> launched;         ///< processes that the launcher says it started
  std::optional<int> allocated_tasks;  ///< that the scheduler gave the job
  std::string difference;              ///< what ranks were started with and should not; empty: all alike
  device::DeviceWish device_wish = device::DeviceWish::automatic;

  std::string data_folder;
  std::string data_error;  ///< why the data set's layout cannot be read; empty: it can
  Fault data_fault = Fault::data;
  std::uint64_t data_bytes = 0;  ///< of all shards
  std::uint64_t data_shards = 0;
  bool wants_cache = false;  ///< cache.mode asks for copies

  std::string run_place;                      ///< the folder that exists where the run will be written
  std::string run_error;                      ///< why nothing can be written there; empty: it can
  std::optional<Throughput> writing;          ///< there, each piece synced
  bool is_in_allocation = false;              ///< of a scheduler
  std::optional<double> seconds_left;         ///< until the scheduler ends the job
  double stop_reserve_seconds = 0;            ///< before that end no further step is begun
  std::optional<SumThroughput> sums_within;   ///< the slowest node
  std::optional<SumThroughput> sums_between;  ///< one rank of each node
};

struct PreflightFacts {
  JobFacts job;
  std::vector<NodeFacts> nodes;  ///< by number
  std::vector<RankFacts> ranks;  ///< by rank
};

/// Everybody's facts on every rank.   `node`: of node leaders only
///   collective  all ranks of `world`
PreflightFacts gather_facts(comm::Communicator& world, const JobFacts& job, const std::optional<NodeFacts>& node,
                            const RankFacts& rank);

}  // namespace hpctrain::tools
