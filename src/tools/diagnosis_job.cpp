// Time that is left, clocks, and what joins the ranks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text_format.hpp"
#include "tools/diagnosis_checks.hpp"
#include "tools/median.hpp"

namespace hpctrain::tools {
namespace {

// A job that has less is mostly start-up.
constexpr double kShortTimeSeconds = 600;
// Each node stops by its own clock, and files carry its times.
constexpr double kSkewSeconds = 2;
// A ring over TCP reaches more than this of any link; the wrong network of two mostly does not.
constexpr double kLeastShareOfLink = 0.1;
constexpr double kSlowSums = 50e6;
constexpr std::uint64_t kSharedBytesPerRank = std::uint64_t{64} << 20;

std::string rate_text(double bytes_per_second) {
  return fmt::format("{:.2f} GB/s", bytes_per_second / 1e9);
}

double median_clock(const PreflightFacts& facts) {
  std::vector<double> ahead;
  for (const NodeFacts& node : facts.nodes) ahead.push_back(node.clock_ahead_seconds);
  return median(std::move(ahead));
}

std::string describe_sums(const SumThroughput& sums) {
  return fmt::format("{} over {}, road {}", rate_text(sums.link_bytes_per_second()),
                     count_of(static_cast<std::size_t>(sums.ranks), "rank"), sums.road);
}

}  // namespace

CheckResult check_time_left(const PreflightFacts& facts) {
  const JobFacts& job = facts.job;
  if (!job.is_in_allocation && !job.seconds_left) return std::nullopt;
  if (!job.seconds_left) {
    return warning("time left", "nobody says when the scheduler ends this job, so a run cannot stop in time",
                   "start through jobs/*.slurm, which ask, or set run.job-end-unix");
  }
  const double left = *job.seconds_left;
  const std::string found = fmt::format("{} left", left > 0 ? format_duration(left) : "nothing");
  if (left <= job.stop_reserve_seconds) {
    return failure("time left", Fault::stopped,
                   fmt::format("{}: a run stops {} before the end, so it would not begin", found,
                               format_duration(job.stop_reserve_seconds)),
                   "#SBATCH --time with more, or a smaller run.stop-margin-seconds");
  }
  if (left < kShortTimeSeconds) {
    return warning("time left", found, "#SBATCH --time with more: start and stop take a good part of it");
  }
  return good("time left", found);
}

CheckResult check_clocks(const PreflightFacts& facts) {
  if (facts.nodes.size() < 2) return std::nullopt;
  // Against the clock that most nodes have: rank zero's may be the wrong one.
  const double usual = median_clock(facts);
  const auto farthest = std::max_element(facts.nodes.begin(), facts.nodes.end(), [usual](auto& a, auto& b) {
    return std::abs(a.clock_ahead_seconds - usual) < std::abs(b.clock_ahead_seconds - usual);
  });
  const double skew = farthest->clock_ahead_seconds - usual;
  if (std::abs(skew) < kSkewSeconds) {
    return good("clocks", fmt::format("within {}", format_duration(std::max(std::abs(skew), 0.001))));
  }
  return warning(
      "clocks",
      fmt::format("{} is {} {}", farthest->host, format_duration(std::abs(skew)), skew > 0 ? "ahead" : "behind"),
      "the administrators synchronise it (chronyc tracking); until then #SBATCH --exclude=" + farthest->host);
}

CheckResult check_sums_within(const PreflightFacts& facts) {
  if (!facts.job.sums_within) return std::nullopt;
  const SumThroughput& sums = *facts.job.sums_within;
  if (sums.link_bytes_per_second() >= kSlowSums) return good("sums in a node", describe_sums(sums));
  return warning("sums in a node", describe_sums(sums),
                 "hpctrain bench comm shows more; look for other work on the node (#SBATCH --exclusive)");
}

CheckResult check_sums_between(const PreflightFacts& facts) {
  if (!facts.job.sums_between) return std::nullopt;
  const SumThroughput& sums = *facts.job.sums_between;
  const auto slowest = std::min_element(facts.nodes.begin(), facts.nodes.end(), [](auto& a, auto& b) {
    return a.link_bytes_per_second < b.link_bytes_per_second;
  });
  const double link = slowest->link_bytes_per_second;
  std::string found = describe_sums(sums);
  if (link > 0) {
    found += fmt::format(", {} of {} ({})", format_share(sums.link_bytes_per_second() / link), slowest->link,
                         rate_text(link));
  }
  const bool is_slow = sums.link_bytes_per_second() < std::max(kSlowSums, kLeastShareOfLink * link);
  if (!is_slow) return good("sums between nodes", found);
  return warning("sums between nodes", found,
                 "name the fast network in jobs/site.env: NCCL_SOCKET_IFNAME, NCCL_IB_HCA, UCX_NET_DEVICES, "
                 "OMPI_MCA_btl_tcp_if_include");
}

CheckResult check_shared_memory(const PreflightFacts& facts) {
  const NodeFacts* least = nullptr;
  for (const NodeFacts& node : facts.nodes) {
    if (ranks_of_node(facts, node.node).size() < 2) continue;
    if (least == nullptr || node.shared_memory_bytes < least->shared_memory_bytes) least = &node;
  }
  if (least == nullptr) return std::nullopt;
  const std::string found =
      fmt::format("{} free in /dev/shm on {}", format_bytes(least->shared_memory_bytes), least->host);
  const std::size_t ranks = ranks_of_node(facts, least->node).size();
  if (least->shared_memory_bytes >= ranks * kSharedBytesPerRank) return good("shared memory", found);
  return warning("shared memory", found + ": Open MPI and NCCL keep memory there that the ranks of a node share",
                 "remove what lies in /dev/shm; in a container, --shm-size or a bind mount of /dev/shm");
}

}  // namespace hpctrain::tools
