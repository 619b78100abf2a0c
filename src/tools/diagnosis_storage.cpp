// What the run reads and writes, from every node.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "core/text_format.hpp"
#include "tools/diagnosis_checks.hpp"

namespace hpctrain::tools {
namespace {

// Below them a first epoch or a save is felt by whoever waits for it; both are what one old hard disk does.
constexpr double kSlowReading = 50e6;
constexpr double kSlowWriting = 20e6;
// What is read in less is in the caches of disk and server.
constexpr std::uint64_t kLeastBytesToJudge = std::uint64_t{4} << 20;
constexpr double kCheckpointOfBytes = 1e9;

std::string rate_text(double bytes_per_second) {
  return fmt::format("{}/s", format_bytes(static_cast<std::uint64_t>(bytes_per_second)));
}

/// Hosts of the nodes of which this is true.
std::vector<std::string> hosts_where(const PreflightFacts& facts, const std::function<bool(const NodeFacts&)>& holds) {
  std::vector<std::string> hosts;
  for (const NodeFacts& node : facts.nodes) {
    if (holds(node)) hosts.push_back(node.host);
  }
  return hosts;
}

bool is_obstacle(const std::optional<std::string>& words) {
  return words && !words->empty();
}

bool was_asked_of_all(const PreflightFacts& facts, std::optional<std::string> NodeFacts::*fact) {
  return std::all_of(facts.nodes.begin(), facts.nodes.end(),
                     [fact](const auto& node) { return (node.*fact).has_value(); });
}

/// The first node's obstacle, with the hosts that have one.
std::optional<std::pair<std::string, std::string>> find_obstacle(const PreflightFacts& facts,
                                                                 std::optional<std::string> NodeFacts::*fact) {
  const auto hosts = hosts_where(facts, [fact](const NodeFacts& node) { return is_obstacle(node.*fact); });
  if (hosts.empty()) return std::nullopt;
  const auto first = std::find_if(facts.nodes.begin(), facts.nodes.end(),
                                  [fact](const NodeFacts& node) { return is_obstacle(node.*fact); });
  return std::pair{join_hosts(hosts), *(*first.*fact)};
}

}  // namespace

CheckResult check_data(const PreflightFacts& facts) {
  const JobFacts& job = facts.job;
  if (!job.data_error.empty()) {
    return failure_from("data set", job.data_fault, job.data_error, "--data FOLDER names a packed data set");
  }
  if (const auto found = find_obstacle(facts, &NodeFacts::data_obstacle)) {
    return failure("data set", Fault::data, fmt::format("{}: {}", found->first, found->second),
                   "--data names a folder that all nodes share; else mount or copy it there");
  }
  if (!was_asked_of_all(facts, &NodeFacts::data_obstacle)) return std::nullopt;
  return good("data set", fmt::format("{}: {} in {}, seen by every node", job.data_folder, format_bytes(job.data_bytes),
                                      count_of(job.data_shards, "shard")));
}

CheckResult check_reading(const PreflightFacts& facts) {
  const NodeFacts* slowest = nullptr;
  for (const NodeFacts& node : facts.nodes) {
    if (!node.reading) continue;
    if (slowest == nullptr || node.reading->per_second() < slowest->reading->per_second()) slowest = &node;
  }
  if (slowest == nullptr) return std::nullopt;
  const Throughput& reading = *slowest->reading;
  if (reading.bytes < kLeastBytesToJudge) return good("reading", "too little data to time");
  const std::string found = fmt::format("{} on {}, the slowest node", rate_text(reading.per_second()), slowest->host);
  if (reading.per_second() >= kSlowReading) return good("reading", found);
  const double whole_seconds = static_cast<double>(facts.job.data_bytes) / reading.per_second();
  return warning("reading", fmt::format("{}: {} for the whole data set", found, format_duration(whole_seconds)),
                 "cache.mode = replicate reads it once for each node; or move the data set to the faster file system");
}

CheckResult check_data_locks(const PreflightFacts& facts) {
  if (const auto found = find_obstacle(facts, &NodeFacts::data_lock_obstacle)) {
    return warning("data locks", fmt::format("{}: {}", found->first, found->second),
                   "export HDF5_USE_FILE_LOCKING=FALSE for h5py and other tools (hpctrain needs no locks there), or "
                   "mount with -o flock");
  }
  if (!was_asked_of_all(facts, &NodeFacts::data_lock_obstacle)) return std::nullopt;
  return good("data locks", "held where the data set lies");
}

CheckResult check_cache(const PreflightFacts& facts) {
  if (!was_asked_of_all(facts, &NodeFacts::cache_plan)) return std::nullopt;
  const auto obstructed = hosts_where(facts, [](const NodeFacts& node) { return !node.cache_obstacle.empty(); });
  const auto lacking = hosts_where(
      facts, [](const NodeFacts& node) { return node.has_less_cache_than_asked || node.is_cache_unwritable; });
  if (obstructed.empty() && lacking.empty()) return good("node cache", facts.nodes.front().cache_plan.value_or(""));
  const auto first = std::find_if(facts.nodes.begin(), facts.nodes.end(), [](const NodeFacts& node) {
    return !node.cache_obstacle.empty() || node.has_less_cache_than_asked || node.is_cache_unwritable;
  });
  const std::string words = first->cache_obstacle.empty() ? first->cache_plan.value_or("") : first->cache_obstacle;
  const std::string found = fmt::format("{}: {}", join_hosts(obstructed.empty() ? lacking : obstructed), words);
  const std::string cure = "cache.dir = a folder with room on a disk of the node, or cache.mode = none";
  // Nobody asked for copies: the run is slower than it could be, and right.
  if (!facts.job.wants_cache) return warning("node cache", found, cure);
  return failure("node cache", Fault::storage, found, cure);
}

CheckResult check_run_folder(const PreflightFacts& facts) {
  const JobFacts& job = facts.job;
  if (job.run_place.empty()) return std::nullopt;
  if (!job.run_error.empty()) {
    return failure_from("run folder", Fault::storage, job.run_error, "--out FOLDER that you may write to");
  }
  if (const auto found = find_obstacle(facts, &NodeFacts::run_obstacle)) {
    return failure("run folder", Fault::storage, fmt::format("{}: {}", found->first, found->second),
                   "--out names a folder that all nodes share");
  }
  return good("run folder", fmt::format("{}, {}", job.run_place,
                                        facts.nodes.size() == 1 ? "written and read" : "seen by every node"));
}

CheckResult check_writing(const PreflightFacts& facts) {
  if (!facts.job.writing) return std::nullopt;
  const double rate = facts.job.writing->per_second();
  const std::string found = fmt::format("{}, synced", rate_text(rate));
  if (rate >= kSlowWriting) return good("checkpoint rate", found);
  return warning("checkpoint rate",
                 fmt::format("{}: a checkpoint of 1 GB takes {}", found, format_duration(kCheckpointOfBytes / rate)),
                 "--out on a faster file system, or checkpoint.every-minutes = 30");
}

}  // namespace hpctrain::tools
