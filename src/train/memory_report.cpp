#include "train/memory_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "core/text_format.hpp"
#include "device/tensor_memory.hpp"

namespace hpctrain::train {
namespace {

using monitor::Phase;

struct RankMemory {
  PhasePeaks peaks;
  std::uint64_t reserved_bytes = 0;
  std::uint64_t free_bytes = 0;
};
static_assert(std::is_trivially_copyable_v<RankMemory>, "ranks send it as bytes");

/// Most over ranks, by phase.
PhasePeaks most_of(const std::vector<RankMemory>& all) {
  PhasePeaks most;
  for (const auto& rank : all) {
    for (std::size_t i = 0; i < most.bytes.size(); ++i) most.bytes[i] = std::max(most.bytes[i], rank.peaks.bytes[i]);
  }
  return most;
}

nlohmann::json by_phase(const PhasePeaks& peaks) {
  nlohmann::json json = nlohmann::json::object();
  for (std::size_t i = 0; i < peaks.bytes.size(); ++i) {
    if (peaks.bytes[i] > 0) json[std::string(monitor::phase_name(static_cast<Phase>(i)))] = peaks.bytes[i];
  }
  return json;
}

}  // namespace

nlohmann::json gather_memory(comm::Communicator& group, const PhasePeaks& mine, const torch::Device& device,
                             const MemoryHoldings& holdings) {
  const RankMemory own{mine, device::read_memory_use(device).reserved_bytes, device::free_memory(device)};
  std::vector<RankMemory> all(static_cast<std::size_t>(group.size()));
  group.all_gather(std::as_bytes(std::span(&own, 1)), std::as_writable_bytes(std::span(all)));
  const PhasePeaks most = most_of(all);
  const Phase phase = most.greatest();
  const auto rank = std::max_element(all.begin(), all.end(), [&](const RankMemory& a, const RankMemory& b) {
    return a.peaks[phase] < b.peaks[phase];
  });
  nlohmann::json json = {{"peak_bytes", most[phase]},
                         {"peak_phase", monitor::phase_name(phase)},
                         {"peak_rank", rank - all.begin()},
                         {"phase_peak_bytes", by_phase(most)},
                         {"held_bytes", to_json(holdings)}};
  if (device.is_cpu()) return json;
  json["reserved_bytes"] = std::max_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
                             return a.reserved_bytes < b.reserved_bytes;
                           })->reserved_bytes;
  json["free_bytes"] = std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
                         return a.free_bytes < b.free_bytes;
                       })->free_bytes;
  return json;
}

std::string describe_memory(const nlohmann::json& memory) {
  const auto& held = memory.at("held_bytes");
  const auto bytes = [&](const char* kind) { return format_bytes(held.at(kind).get<std::uint64_t>()); };
  return fmt::format("peak {} in {}; parameters {}, gradients {}, optimizer {}",
                     format_bytes(memory.at("peak_bytes").get<std::uint64_t>()),
                     memory.at("peak_phase").get<std::string>(), bytes("parameters"), bytes("gradients"),
                     bytes("optimizer"));
}

}  // namespace hpctrain::train
