// Facts travel as JSON text between ranks of one program: nothing else reads it.
#include "tools/doctor_facts.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace nlohmann {

template <typename T>
struct adl_serializer<std::optional<T>> {
  static void to_json(json& j, const std::optional<T>& value) { j = value ? json(*value) : json(nullptr); }
  static void from_json(const json& j, std::optional<T>& value) {
    value = j.is_null() ? std::nullopt : std::optional<T>(j.get<T>());
  }
};

}  // namespace nlohmann

namespace hpctrain::tools {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Throughput, bytes, seconds)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LimitFacts, open_files, locked_bytes, core_bytes, processor_seconds, file_bytes,
                                   address_bytes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RankFacts, rank, node, local_rank, host, cpu_share, cpus, operation_threads,
                                   reader_threads, gpus, has_gpu_hardware, can_compute_on_gpus, gpu_obstacle,
                                   driver_cuda, built_cuda, limits)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(NodeFacts, node, host, held_cpus, granted_gpus, shared_memory_bytes, link,
                                   link_bytes_per_second, has_infiniband, clock_ahead_seconds, data_obstacle, reading,
                                   data_lock_obstacle, cache_plan, has_less_cache_than_asked, is_cache_unwritable,
                                   cache_obstacle, run_obstacle)

namespace {

struct Letter {
  RankFacts rank;
  std::optional<NodeFacts> node;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Letter, rank, node)

}  // namespace

PreflightFacts gather_facts(comm::Communicator& world, const JobFacts& job, const std::optional<NodeFacts>& node,
                            const RankFacts& rank) {
  const nlohmann::json mine = Letter{rank, node};
  PreflightFacts facts;
  facts.job = job;
  // Paths and words of the system need not be UTF-8.
  const auto text = mine.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (const auto& line : comm::all_gather_text(world, text)) {
    auto letter = nlohmann::json::parse(line).get<Letter>();
    facts.ranks.push_back(std::move(letter.rank));
    if (letter.node) facts.nodes.push_back(std::move(*letter.node));
  }
  std::sort(facts.nodes.begin(), facts.nodes.end(), [](const auto& a, const auto& b) { return a.node < b.node; });
  return facts;
}

}  // namespace hpctrain::tools
