#include "apps/trial_runner.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/ranked_start.hpp"
#include "apps/run_folder.hpp"
#include "apps/start_record.hpp"
#include "apps/team_membership.hpp"
#include "comm/agree.hpp"
#include "config/run_ini.hpp"
#include "core/clock.hpp"
#include "monitor/exit_report.hpp"
#include "monitor/metrics.hpp"
#include "train/failure_text.hpp"
#include "train/training_run.hpp"

namespace hpctrain::apps {
namespace {

constexpr const char* kDiverged = ": the trial diverged; try a smaller optim.lr";

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

/// What was not spent in the loop was spent on bringing the trial there, and would be again.
sweep::Outlook outlook_of(const train::RunPace& pace, double seconds_since_lease) {
  return {.seconds_per_step = pace.seconds_per_step,
          .steps_left = pace.steps_left,
          .restart_seconds = seconds_since_lease - pace.trained_seconds + pace.save_seconds};
}

train::Judgement judgement_of(sweep::Verdict verdict) {
  switch (verdict) {
    case sweep::Verdict::stop:
      return train::Judgement::end;
    case sweep::Verdict::grow:
      return train::Judgement::pause;
    case sweep::Verdict::go_on:
    case sweep::Verdict::leave:
      break;
  }
  return train::Judgement::go_on;
}

std::optional<double> find_finite(const std::map<std::string, double>& metrics, const std::string& name) {
  const auto metric = metrics.find(name);
  const bool is_finite = metric != metrics.end() && std::isfinite(metric->second);
  return is_finite ? std::optional(metric->second) : std::nullopt;
}

void save_report(const std::filesystem::path& folder, const Placement& placement, double started_unix, int code,
                 const std::string& cause, const train::TrainingRun* run) {
  // A newer start has the trial: how this one ends is no news of it.
  if (placement.rank != 0 || code == exit_code(Fault::fenced)) return;
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

sweep::TrialOutcome TrialRunner::run(const sweep::Trial& trial, comm::Communicator& group,
                                     const sweep::AskVerdict& ask_verdict) {
  const double started_unix = unix_seconds();
  const TeamMembership team(parts_.heartbeat, group, parts_.placement.rank);
  const Stopwatch since_lease;
  assign(trial.parameters);
  const auto folder = parts_.sweep_folder / "trials" / trial.digest;
  const bool was_finished = open_trial(folder, started_unix, group);
  train::RunContext context{own_index(),
                            group,
                            place_in_group(parts_.placement, group),
                            posix_file_system(),
                            folder,
                            parts_.device,
                            config::identity_digest(parts_.input.table),
                            RankedStart::versions(),
                            was_finished,
                            &parts_.heartbeat};
  context.trial.insert(trial.parameters.begin(), trial.parameters.end());
  std::optional<sweep::Score> stopped_at;
  const bool is_judged = parts_.input.settings.sweep.is_judging();
  context.judge = [&](const train::Progress& progress, const train::EvaluationReport& report,
                      const train::RunPace& pace) {
    const auto metric = find_finite(report.metrics, parts_.metric);
    // Where it is only shown, a score that is no number ends no trial; a name that nobody measures ends it before it
    // has trained for nothing. All ranks have the same metrics, and refuse together.
    if (!metric && (is_judged || !report.metrics.contains(parts_.metric))) refuse_score(progress, report);
    if (!metric) return train::Judgement::go_on;
    const sweep::Score score{.epoch = progress.cursor.epoch, .metric = *metric, .steps = progress.step};
    const sweep::Verdict verdict = ask_verdict(score, outlook_of(pace, since_lease.seconds()));
    if (verdict == sweep::Verdict::stop) stopped_at = score;
    return judgement_of(verdict);
  };
  train::RunSettings settings = parts_.input.settings.run;
  settings.quiet = true;
  std::unique_ptr<train::TrainingRun> training;
  try {
    training = std::make_unique<train::TrainingRun>(settings, context);
    const train::StopReason reason = training->run();
    save_report(folder, context.placement, started_unix, train::is_complete(reason) ? 0 : exit_code(Fault::stopped),
                std::string(train::stop_reason_name(reason)), training.get());
    if (stopped_at) return sweep::outcome_of_stop(*stopped_at);
    sweep::TrialOutcome outcome = outcome_of(reason, folder, training->deciding_split(), group);
    outcome.steps = training->step();
    return outcome;
  } catch (const std::exception& failure) {
    const Error error = train::name_failure(failure);
    save_report(folder, context.placement, started_unix, exit_code(error.fault()), error.what(), training.get());
    throw error;
  }
}

/// Options that an earlier trial set and this one does not name are those of the start again.
void TrialRunner::assign(const sweep::Parameters& parameters) {
  auto& table = parts_.input.table;
  for (const auto& [name, value] : of_start_) table.at(name).assign(value, "sweep");
  for (const auto& [name, value] : parameters) {
    of_start_.try_emplace(name, table.at(name).value_text());
    table.at(name).assign(value, "sweep");
  }
}

sweep::TrialOutcome TrialRunner::outcome_of(train::StopReason reason, const std::filesystem::path& folder,
                                            const std::optional<std::string>& split, comm::Communicator& group) const {
  if (!train::is_complete(reason)) {
    sweep::TrialOutcome outcome{sweep::TrialState::paused};
    outcome.message = reason == train::StopReason::regroup ? sweep::kRegroup : train::stop_reason_name(reason);
    return outcome;
  }
  sweep::TrialOutcome outcome{sweep::TrialState::done};
  const auto metric = comm::run_on_leader(group, [&] { return nlohmann::json(load_metric(folder, split)).dump(); });
  outcome.metric = nlohmann::json::parse(metric).get<double>();
  return outcome;
}

void TrialRunner::refuse_score(const train::Progress& progress, const train::EvaluationReport& report) const {
  if (!report.metrics.contains(parts_.metric)) {
    throw Error(Fault::usage, "sweep.metric " + parts_.metric + " is in no evaluation of split " + report.split +
                                  "; the trial's metrics.jsonl shows what the task measures")
        .as_agreed();
  }
  throw Error(Fault::usage,
              parts_.metric + " is no number after epoch " + std::to_string(progress.cursor.epoch) + kDiverged)
      .as_agreed();
}

/// True when an earlier start of the sweep brought the trial to its end and was killed before it could say so.
bool TrialRunner::open_trial(const std::filesystem::path& folder, double started_unix, comm::Communicator& group) {
  return comm::run_on_leader(group, [&]() -> std::string {
           open_run_folder(posix_file_system(), folder, parts_.input.table, own_index());
           // Starting the trial again is the newer wish.
           posix_file_system().remove_all(folder / train::kStopFileName);
           begin_start_record(posix_file_system(), folder, started_unix);
           const auto report = monitor::load_exit_report(posix_file_system(), folder);
           return report && report->code == 0 ? "yes" : "no";
         }) == "yes";
}

double TrialRunner::load_metric(const std::filesystem::path& folder, const std::optional<std::string>& split) const {
  std::optional<nlohmann::json> last;
  for (const auto& path : monitor::metrics_files(folder)) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      const auto event = nlohmann::json::parse(line, nullptr, false);
      if (!event.is_object() || event.value("event", "") != "eval" || event.value("split", "") != split) continue;
      const auto& metrics = event.at("metrics");
      if (metrics.contains(parts_.metric)) last = metrics.at(parts_.metric);
    }
  }
  require(last.has_value(), Fault::usage,
          "sweep.metric " + parts_.metric + " is in no evaluation of " + folder.string() +
              "; its metrics.jsonl shows what the task measures");
  require(last->is_number(), Fault::usage, parts_.metric + " is no number after the last step" + kDiverged);
  return last->get<double>();
}

}  // namespace hpctrain::apps
