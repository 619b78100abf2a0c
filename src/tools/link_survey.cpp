#include "tools/link_survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/clock.hpp"
#include "tools/bench_comm.hpp"
#include "tools/network_link.hpp"

namespace hpctrain::tools {
namespace {

constexpr double kSharedMemoryLatency = 20e-6;
constexpr double kInfiniBandLatency = 5e-6, kEthernetLatency = 30e-6;
constexpr double kAssumedNetworkRate = 1.25e9;  // 10 Gb/s
constexpr double kUsableShareOfPort = 0.8;      // what sums were seen to reach of a port's nominal rate
constexpr std::size_t kCopyBytes = 64 << 20;
const std::vector<std::uint64_t> kSumBytes = {1 << 18, 1 << 20, 1 << 22, 1 << 24};

/// A sum reads and writes every byte, as a copy does.
Link measure_copies() {
  std::vector<char> from(kCopyBytes, 1), to(kCopyBytes, 2);
  double best = 1e9;
  for (int round = 0; round < 3; ++round) {
    const Stopwatch watch;
    std::memcpy(to.data(), from.data(), kCopyBytes);
    best = std::min(best, watch.seconds());
    from[static_cast<std::size_t>(round)] = to[kCopyBytes / 2];
  }
  return {kSharedMemoryLatency, static_cast<double>(kCopyBytes) / best};
}

std::vector<SumMeasurement> measure_sums(comm::Communicator& world, const torch::Device& device) {
  std::vector<SumMeasurement> measured;
  const auto add = [&](comm::Communicator& group) {
    if (group.size() < 2) return;
    for (const auto& sum : run_comm_bench(group, device, {kSumBytes, 5}).sums) {
      measured.push_back({group.size(), static_cast<double>(sum.bytes), sum.seconds});
    }
  };
  add(world);
  if (world.size() >= 4) {
    const auto half = world.split(world.rank() < world.size() / 2 ? 0 : 1, world.rank());
    add(*half);
  }
  return measured;
}

std::string words_of(const Link& link, const std::string& source) {
  return fmt::format("{:.1f} GB/s and {:.0f} µs, {}", link.bytes_per_second / 1e9, link.latency_seconds * 1e6, source);
}

void choose_network(SurveyedLinks& links, const NetworkWish& wish) {
  std::string source = "measured among these ranks";
  if (links.network.bytes_per_second == 0) {
    const NetworkLink port = find_fastest_link();
    const bool is_known = port.bytes_per_second > 0;
    links.network = {port.is_infiniband ? kInfiniBandLatency : kEthernetLatency,
                     is_known ? kUsableShareOfPort * port.bytes_per_second : kAssumedNetworkRate};
    source = is_known ? "by the port " + port.name : "assumed: no port says its rate";
  }
  if (wish.latency_microseconds) links.network.latency_seconds = *wish.latency_microseconds * 1e-6;
  if (wish.gigabytes_per_second) links.network.bytes_per_second = *wish.gigabytes_per_second * 1e9;
  if (wish.latency_microseconds || wish.gigabytes_per_second) source = "as given";
  links.network_words = words_of(links.network, source);
}

}  // namespace

SurveyedLinks survey_links(comm::Communicator& world, const Placement& placement, const torch::Device& device,
                           const NetworkWish& wish) {
  SurveyedLinks links;
  std::string source = "as fast as one rank copies here; mpirun -np 2 measures sums";
  const auto sums = measure_sums(world, device);
  if (!sums.empty() && placement.nodes == 1) {
    links.node = fit_link(SumRoute::shared_memory, sums);
    source = fmt::format("measured over {} ranks", world.size());
  } else {
    links.node = measure_copies();
  }
  if (!sums.empty() && placement.nodes > 1) links.network = fit_link(SumRoute::ring, sums);
  links.node_words = words_of(links.node, source);
  choose_network(links, wish);
  return links;
}

}  // namespace hpctrain::tools
