#include "apps/trial_runner.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/ranked_start.hpp"
#include "apps/run_folder.hpp"
#include "apps/start_record.hpp"
#include "comm/agree.hpp"
#include "config/run_ini.hpp"
#include "core/clock.hpp"
#include "monitor/exit_report.hpp"
#include "train/training_run.hpp"

namespace hpctrain::apps {
namespace {

/// The place of this rank among the ranks of its group.   (collective)
Placement place_in_group(const Placement& world, comm::Communicator& group) {
  Placement placement = world;
  placement.rank = group.rank();
  placement.world = group.size();
  placement.node = placement.nodes = placement.local_rank = placement.local_world = 0;
  const auto nodes = comm::all_gather_text(group, std::to_string(world.node));
  std::vector<std::string> seen;
  for (std::size_t rank = 0; rank < nodes.size(); ++rank) {
    if (nodes[rank] == std::to_string(world.node)) {
      placement.local_rank += static_cast<int>(rank) < group.rank() ? 1 : 0;
      ++placement.local_world;
    }
    if (std::find(seen.begin(), seen.end(), nodes[rank]) == seen.end()) seen.push_back(nodes[rank]);
  }
  const auto own = std::find(seen.begin(), seen.end(), std::to_string(world.node));
  placement.node = static_cast<int>(own - seen.begin());
  placement.nodes = static_cast<int>(seen.size());
  return placement;
}

void save_report(const std::filesystem::path& folder, const Placement& placement, double started_unix, int code,
                 const std::string& cause, const train::TrainingRun* run) {
  if (placement.rank != 0) return;
  monitor::ExitReport report;
  report.code = code;
  report.cause = cause;
  report.host = placement.host;
  report.phase = run != nullptr ? std::string(run->phase()) : "start";
  if (run != nullptr) report.step = run->step();
  if (run != nullptr) report.checkpoint = run->newest_checkpoint();
  report.started_unix = started_unix;
  end_start_record(posix_file_system(), folder, report);
}

}  // namespace

sweep::TrialOutcome TrialRunner::run(const sweep::Trial& trial, comm::Communicator& group) {
  const double started_unix = unix_seconds();
  for (const auto& [name, value] : trial.parameters) parts_.input.table.at(name).assign(value, "sweep");
  const auto folder = parts_.sweep_folder / "trials" / trial.digest;
  const bool was_finished = open_trial(folder, started_unix, group);
  const train::RunContext context{
      parts_.index, group,         place_in_group(parts_.placement, group),     posix_file_system(),
      folder,       parts_.device, config::identity_digest(parts_.input.table), RankedStart::versions(),
      was_finished};
  train::RunSettings settings = parts_.input.settings.run;
  settings.quiet = true;
  std::unique_ptr<train::TrainingRun> training;
  try {
    training = std::make_unique<train::TrainingRun>(settings, context);
    const train::StopReason reason = training->run();
    const bool is_done = train::is_complete(reason);
    save_report(folder, context.placement, started_unix, is_done ? 0 : exit_code(Fault::stopped),
                std::string(train::stop_reason_name(reason)), training.get());
    sweep::TrialOutcome outcome{is_done ? sweep::TrialState::done : sweep::TrialState::paused};
    outcome.steps = training->step();
    const std::string metric = comm::run_on_leader(
        group, [&] { return is_done ? nlohmann::json(load_metric(folder)).dump() : std::string(); });
    if (is_done) outcome.metric = nlohmann::json::parse(metric).get<double>();
    return outcome;
  } catch (const Error& error) {
    save_report(folder, context.placement, started_unix, exit_code(error.fault()), error.what(), training.get());
    throw;
  }
}

/// True when an earlier start of the sweep brought the trial to its end and was killed before it could say so.
bool TrialRunner::open_trial(const std::filesystem::path& folder, double started_unix, comm::Communicator& group) {
  return comm::run_on_leader(group, [&]() -> std::string {
           open_run_folder(posix_file_system(), folder, parts_.input.table, parts_.index);
           begin_start_record(posix_file_system(), folder, started_unix);
           const auto report = monitor::load_exit_report(posix_file_system(), folder);
           return report && report->code == 0 ? "yes" : "no";
         }) == "yes";
}

double TrialRunner::load_metric(const std::filesystem::path& folder) const {
  std::map<std::string, double> last;  // by split
  std::ifstream file(folder / "metrics.jsonl");
  for (std::string line; std::getline(file, line);) {
    const auto event = nlohmann::json::parse(line, nullptr, false);
    if (!event.is_object() || event.value("event", "") != "eval") continue;
    const auto& metrics = event.at("metrics");
    if (metrics.contains(parts_.metric)) last[event.at("split").get<std::string>()] = metrics.at(parts_.metric);
  }
  require(!last.empty(), Fault::usage,
          "sweep.metric " + parts_.metric + " is in no evaluation of " + folder.string() +
              "; its metrics.jsonl shows what the task measures");
  const auto validation = last.find("validation");
  return validation != last.end() ? validation->second : last.begin()->second;
}

}  // namespace hpctrain::apps
