#include "train/memory_snapshot.hpp"

#include <fmt/format.h>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

namespace hpctrain::train {
namespace {

constexpr std::size_t kTensorsNamed = 20;

nlohmann::json held_by(const MemorySnapshot& snapshot, const MemoryHoldings& holdings) {
  nlohmann::json held = to_json(holdings);
  const std::uint64_t known = holdings.total() + snapshot.slot_bytes;
  held["slots"] = snapshot.slot_bytes;
  held["rest"] = snapshot.lack.held_bytes > known ? snapshot.lack.held_bytes - known : 0;
  held["total"] = snapshot.lack.held_bytes;
  return held;
}

}  // namespace

std::string save_memory_snapshot(FileSystem& files, const std::filesystem::path& run_folder,
                                 const MemorySnapshot& snapshot, const checkpoint::TrainingState& state,
                                 const GradientBuckets& buckets) {
  nlohmann::json json = {{"rank", snapshot.placement.rank},
                         {"host", snapshot.placement.host},
                         {"unix", unix_seconds()},
                         {"step", snapshot.step},
                         {"text", snapshot.lack.text},
                         {"samples_at_once", snapshot.samples_at_once},
                         {"pieces", snapshot.rung.pieces},
                         {"recomputes", snapshot.rung.recomputes},
                         {"limit_bytes", nullptr},
                         {"device_bytes", snapshot.lack.device_bytes},
                         {"held_bytes", held_by(snapshot, find_holdings(state, buckets))},
                         {"largest_tensors", largest_tensors(state, kTensorsNamed)}};
  if (snapshot.limit_bytes) json["limit_bytes"] = *snapshot.limit_bytes;
  const auto path = run_folder / fmt::format("memory-rank-{}.json", snapshot.placement.rank);
  try {
    write_file_durably(files, path, json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  } catch (const Error& error) {
    log_warning("what held the memory could not be written down: {}", error.what());
    return {};
  }
  return path.string();
}

}  // namespace hpctrain::train
