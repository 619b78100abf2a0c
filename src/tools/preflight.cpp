#include "tools/preflight.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>

#include "core/clock.hpp"
#include "core/file_system.hpp"
#include "core/run_identifier.hpp"
#include "tools/bench_comm.hpp"
#include "tools/own_folder.hpp"
#include "tools/storage_probes.hpp"
#include "train/run_cache.hpp"
#include "train/run_parts.hpp"

namespace hpctrain::tools {
namespace {

namespace fs = std::filesystem;

constexpr PreflightStage kData{"looking at the data set", Fault::data};
constexpr PreflightStage kCache{"writing where the node's cache would be", Fault::storage};
constexpr PreflightStage kRunFolder{"writing where the run would be", Fault::storage};
constexpr PreflightStage kSums{"summing over ranks", Fault::comm};
constexpr PreflightStage kOthers{"waiting for other ranks", Fault::comm, true};

constexpr ProbeBounds kBounds;
constexpr double kPatienceSeconds = 5;  // network file systems show another node's file after some seconds
constexpr std::uint64_t kSumBytes = 16'000'000;
constexpr int kSumRounds = 3;

/// What is wrong with the shards as this node sees them; empty: nothing.
std::string find_shard_obstacle(const data::DatasetIndex& index) {
  const fs::path manifest = index.folder / "manifest.h5";
  if (::access(manifest.c_str(), R_OK) != 0) {
    return fmt::format("{} cannot be read: {}", manifest.string(), std::generic_category().message(errno));
  }
  std::size_t wrong = 0;
  std::string first;
  for (const auto& shard : index.shards) {
    std::error_code unreadable;
    if (fs::file_size(index.folder / shard.path, unreadable) == shard.file_bytes && !unreadable) continue;
    if (wrong++ == 0) first = shard.path;
  }
  if (wrong == 0) return {};
  return fmt::format("{} of {} shards of {} are missing or of another size, such as {}", wrong, index.shards.size(),
                     index.folder.string(), first);
}

/// Each node begins with others, as a training's ranks do.
std::vector<fs::path> shards_from(const data::DatasetIndex& index, int node, int nodes) {
  std::vector<fs::path> files;
  for (const auto& shard : index.shards) files.push_back(index.folder / shard.path);
  const auto first = files.size() * static_cast<std::size_t>(node) / static_cast<std::size_t>(nodes);
  std::rotate(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(first), files.end());
  return files;
}

/// Those that training would read; all of them where its task cannot be made of this data set.
std::vector<std::string> splits_to_keep(const train::RunSettings& settings, const data::DatasetIndex& index) {
  try {
    return train::splits_in_use(settings, *train::make_run_task(settings, index), index);
  } catch (const Error&) {
    std::vector<std::string> all;
    for (const auto& split : index.splits) all.push_back(split.name);
    return all;
  }
}

/// The slowest of what was measured; a group that had nothing to sum measured nothing.
std::optional<SumThroughput> find_slowest(comm::Communicator& world, const std::optional<SumThroughput>& mine) {
  const nlohmann::json text =
      mine ? nlohmann::json{mine->ranks, mine->road, mine->bytes, mine->seconds} : nlohmann::json::array();
  std::optional<SumThroughput> slowest;
  for (const auto& line : comm::all_gather_text(world, text.dump())) {
    const auto values = nlohmann::json::parse(line);
    if (values.empty()) continue;
    SumThroughput sums{values[0].get<int>(), values[1].get<std::string>(), values[2].get<std::uint64_t>(),
                       values[3].get<double>()};
    if (!slowest || sums.link_bytes_per_second() < slowest->link_bytes_per_second()) slowest = std::move(sums);
  }
  return slowest;
}

}  // namespace

Preflight::Preflight(comm::Communicator& world, const SurveyPlace& place, PreflightTarget target, OnStage on_stage)
    : world_(world), place_(place), target_(std::move(target)), on_stage_(std::move(on_stage)) {}

PreflightFacts Preflight::run(JobFacts job) {
  job_ = std::move(job);
  if (place_.placement.is_node_leader()) {
    node_ = survey_node(place_);
    if (target_.index != nullptr) {
      look_at_data();
      look_at_cache();
    }
  }
  enter(kOthers);
  const double ahead = compare_clocks(world_, place_.placement);
  if (node_) node_->clock_ahead_seconds = ahead;
  try_run_folder();
  measure_sums();
  enter(kOthers);
  return gather_facts(world_, job_, node_, survey_rank(place_));
}

void Preflight::look_at_data() {
  enter(kData);
  const data::DatasetIndex& index = *target_.index;
  job_.data_folder = index.folder.string();
  job_.data_shards = index.shards.size();
  job_.data_bytes = 0;
  for (const auto& shard : index.shards) job_.data_bytes += shard.file_bytes;
  node_->data_obstacle = find_shard_obstacle(index);
  if (!node_->data_obstacle->empty()) return;
  node_->data_lock_obstacle = find_lock_obstacle(index.folder / "manifest.h5");
  try {
    node_->reading = measure_reading(shards_from(index, place_.placement.node, place_.placement.nodes), kBounds);
  } catch (const Error& error) {
    node_->data_obstacle = error.what();
  }
}

void Preflight::look_at_cache() {
  enter(kCache);
  try {
    const train::RunCachePlan planned =
        train::plan_run_cache(place_.settings, *target_.index, splits_to_keep(place_.settings, *target_.index));
    node_->cache_plan = planned.plan.reason;
    node_->has_less_cache_than_asked = planned.plan.is_less_than_asked;
    const bool is_unwanted =
        place_.settings.cache.mode == data::CacheMode::none ||
        (place_.settings.cache.mode == data::CacheMode::automatic && planned.facts.is_source_local);
    if (is_unwanted) return;
    node_->is_cache_unwritable = !planned.facts.free_bytes.has_value();
    if (!planned.folder.empty()) node_->cache_obstacle = find_write_obstacle(nearest_existing(planned.folder));
  } catch (const Error& error) {  // no training split
    node_->data_obstacle = error.what();
  }
}

/// Rank zero writes, the others look: whatever only this node has is no place for a run.
void Preflight::try_run_folder() {
  std::string file;
  std::optional<OwnFolder> own;
  if (world_.is_leader()) {
    enter(kRunFolder);
    const fs::path place = nearest_existing(target_.run_folder);
    job_.run_place = place.string();
    try {
      own.emplace(posix_file_system(), place / (".hpctrain-probe-" + random_hex(4)));
      file = (own->path() / "seen").string();
      write_file_durably(posix_file_system(), file, "seen by all nodes?\n");
    } catch (const Error& error) {
      job_.run_error = error.what();
      file.clear();
    }
  }
  enter(kOthers);
  file = comm::broadcast_text(world_, file, 0);
  if (!file.empty() && node_) await_file(file);
  enter(kOthers);
  world_.barrier();
  if (!world_.is_leader() || file.empty()) return;
  enter(kRunFolder);
  try {
    job_.writing = measure_writing(posix_file_system(), own->path(), kBounds);
  } catch (const Error& error) {
    job_.run_error = error.what();
  }
}

void Preflight::await_file(const std::string& file) {
  enter(kRunFolder);
  const Stopwatch watch;
  while (::access(file.c_str(), R_OK) != 0) {
    if (watch.seconds() > kPatienceSeconds) {
      node_->run_obstacle =
          fmt::format("what rank 0 wrote to {} is not there", fs::path(file).parent_path().parent_path().string());
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  node_->run_obstacle = "";
}

void Preflight::measure_sums() {
  job_.sums_within = find_slowest(world_, measure_group(place_.placement.node, true));
  const bool is_leader = place_.placement.is_node_leader();
  job_.sums_between = find_slowest(world_, measure_group(is_leader ? 0 : 1, is_leader));
}

/// (all ranks; each in the group of its colour)
std::optional<SumThroughput> Preflight::measure_group(int colour, bool takes_part) {
  enter(kSums);
  const auto group = world_.split(colour, world_.rank());
  std::optional<SumThroughput> measured;
  if (takes_part && group->size() > 1) {
    CommBenchSettings settings;
    settings.sizes_bytes = {kSumBytes};
    settings.rounds = kSumRounds;
    const CommBenchReport report = run_comm_bench(*group, target_.device, settings);
    measured = SumThroughput{report.ranks, report.road, kSumBytes, report.sums.front().seconds};
  }
  enter(kOthers);
  return measured;
}

}  // namespace hpctrain::tools
