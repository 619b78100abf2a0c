#include "apps/sweep_planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/text_format.hpp"
#include "sweep/results.hpp"
#include "sweep/tpe.hpp"

namespace hpctrain::apps {
namespace {

std::string usual_metric(const std::string& task) {
  if (task == "landmarks") return "mre_mm";
  return task == "contrastive" ? "probe_top1" : "top1";
}

bool has_axes(const sweep::Parameters& parameters, const std::vector<config::Axis>& axes) {
  return std::equal(parameters.begin(), parameters.end(), axes.begin(), axes.end(),
                    [](const auto& parameter, const config::Axis& axis) { return parameter.first == axis.name(); });
}

}  // namespace

void SweepPlanner::resolve(const Arguments& arguments) {
  input_.resolve(arguments, config::AxisPolicy::collect);
  const Settings& settings = input_.settings;
  space_ = {input_.resolution.axes, settings.sweep.paired};
  sweep::require_sound(space_);
  if (settings.sweep.method == sweep::Method::grid) sweep::plan_grid(space_);
  metric_ = settings.sweep.metric;
  if (metric_.empty()) metric_ = usual_metric(settings.run.task);
  require(settings.sweep.scheduler == sweep::SchedulerKind::none || settings.run.evaluation.every_epochs > 0,
          Fault::usage,
          "sweep.scheduler compares trials by their evaluations while training, and eval.every-epochs is 0; give it 1 "
          "or more");
  require(!settings.sweep.malleable || settings.run.evaluation.every_epochs > 0, Fault::usage,
          "sweep.malleable lets ranks join a trial at its evaluations while training, and eval.every-epochs is 0; give "
          "it 1 or more");
}

std::string SweepPlanner::sweep_digest() const {
  Xxh3_128 digest;
  for (const auto& row : input_.table.rows()) {
    const bool is_identity = row.is_identity() && !row.is_sweepable();
    // At its default it changes no digest: sweeps go on that began before there was the option.
    const bool is_common = row.is_common() && row.value_text() != row.default_text();
    if (is_identity || is_common) digest.update(bytes_of(row.name() + "=" + row.value_text() + "\n"));
  }
  digest.update(bytes_of("metric=" + metric_));
  return digest.hex();
}

sweep::SchedulerPlan SweepPlanner::make_scheduler() const {
  const Settings& settings = input_.settings;
  return {.kind = settings.sweep.scheduler,
          .reduction = settings.sweep.reduction,
          .min_epochs = settings.sweep.min_epochs,
          .brackets = settings.sweep.brackets,
          .evaluate_epochs = settings.run.evaluation.every_epochs,
          .is_smaller_better = sweep::is_smaller_better(metric_)};
}

sweep::TeamRules SweepPlanner::make_team_rules(int ranks) {
  sweep::TeamRules rules;
  rules.ranks = ranks;
  rules.ranks_per_trial = input_.settings.sweep.ranks_per_trial;
  rules.is_malleable = input_.settings.sweep.malleable;
  rules.step_parts = [this](const sweep::Parameters& parameters) { return step_parts(parameters); };
  rules.forecast = [this](const sweep::Parameters& parameters, const auto& history) {
    const sweep::DurationEstimate estimate(known_durations(history));
    return sweep::TrialForecast{estimate.seconds(parameters), estimate.is_measured()};
  };
  return rules;
}

/// Ranks share out the samples of a batch or, in the reproducible mode, whole micro-shards.
std::uint64_t SweepPlanner::step_parts(const sweep::Parameters& parameters) {
  assign(parameters);
  const train::TrainSettings& train = input_.settings.run.train;
  return train.micro_shards > 0 ? std::min(train.micro_shards, train.batch) : train.batch;
}

void SweepPlanner::assign(const sweep::Parameters& parameters) {
  for (const auto& [name, value] : parameters) input_.table.at(name).assign(value, "sweep");
}

std::string SweepPlanner::name_trial(const sweep::Parameters& parameters) {
  assign(parameters);
  sweep::Parameters all;
  for (const auto& row : input_.table.rows()) {
    if (row.is_sweepable()) all.emplace_back(row.name(), row.value_text());
  }
  return sweep::digest_parameters(all);
}

sweep::TrialPlan SweepPlanner::make_plan(const std::vector<sweep::LedgerEntry>& history) {
  const auto& settings = input_.settings.sweep;
  sweep::TrialPlan plan;
  plan.trials = settings.trials;
  plan.attempts = settings.attempts;
  plan.identify = [this](const sweep::Parameters& parameters) { return name_trial(parameters); };
  switch (settings.method) {
    case sweep::Method::grid: {
      const auto points = plan_longest_first(history);
      plan.trials = points.size();
      plan.propose = [points](std::uint64_t number, const auto&) { return points[number]; };
      break;
    }
    case sweep::Method::random:
      plan.propose = [this](std::uint64_t number, const auto&) {
        return sweep::draw_random(space_, input_.settings.sweep.seed, number);
      };
      break;
    case sweep::Method::tpe:
      plan.is_fixed = false;
      plan.owns = [this](const sweep::Trial& trial) { return is_own(trial); };
      plan.propose = [this](std::uint64_t number, const auto& known) { return propose_by_tpe(number, known); };
      break;
  }
  return plan;
}

sweep::Parameters SweepPlanner::propose_by_tpe(std::uint64_t number, const std::vector<sweep::LedgerEntry>& history) {
  // TPE asks for their order alone, and a stopped trial's score says less than one of the last epoch.
  std::vector<sweep::Observation> observations;
  for (const auto& entry : sweep::sort_results(select_own(history), metric_)) {
    if (!entry.outcome.metric) break;
    observations.push_back({entry.trial.parameters, static_cast<double>(observations.size())});
  }
  return sweep::propose_tpe(space_, std::move(observations), input_.settings.sweep.seed, number);
}

std::vector<sweep::Parameters> SweepPlanner::plan_longest_first(const std::vector<sweep::LedgerEntry>& history) {
  const auto points = sweep::plan_grid(space_);
  const sweep::DurationEstimate estimate(known_durations(history));
  std::vector<sweep::Parameters> ordered;
  for (const std::size_t place : sweep::plan_dealing(points, estimate)) ordered.push_back(points[place]);
  return ordered;
}

std::vector<sweep::Trial> SweepPlanner::list_trials(const sweep::TrialPlan& plan) const {
  std::vector<sweep::Trial> trials;
  std::set<std::string> seen;
  for (std::uint64_t number = 0; plan.is_fixed && number < plan.trials; ++number) {
    sweep::Parameters parameters = plan.propose(number, {});
    std::string digest = plan.identify(parameters);
    if (seen.insert(digest).second) trials.push_back({std::move(digest), std::move(parameters)});
  }
  return trials;
}

std::vector<sweep::LedgerEntry> SweepPlanner::select_own(const std::vector<sweep::LedgerEntry>& history) {
  std::vector<sweep::LedgerEntry> own;
  for (const sweep::LedgerEntry& entry : history) {
    if (is_own(entry.trial)) own.push_back(entry);
  }
  return own;
}

bool SweepPlanner::is_own(const sweep::Trial& trial) {
  return has_axes(trial.parameters, space_.axes) && name_trial(trial.parameters) == trial.digest;
}

/// Of trials that were cut off only the last part is known.
std::vector<sweep::Duration> SweepPlanner::known_durations(const std::vector<sweep::LedgerEntry>& history) {
  std::vector<sweep::Duration> known;
  for (const sweep::LedgerEntry& entry : select_own(history)) {
    const bool is_whole = entry.outcome.state == sweep::TrialState::done && entry.leases == 1;
    if (is_whole) known.push_back({entry.trial.parameters, entry.outcome.seconds});
  }
  return known;
}

std::string SweepPlanner::describe_forecast(const sweep::TrialPlan& plan,
                                            const std::vector<sweep::LedgerEntry>& history, int groups) {
  std::set<std::string> ended;
  for (const auto& entry : plan.is_fixed ? history : select_own(history)) {
    if (is_final(entry.outcome.state)) ended.insert(entry.trial.digest);
  }
  const auto known = known_durations(history);
  const sweep::DurationEstimate estimate(known);
  std::vector<double> left;
  const std::vector<sweep::Trial> points = list_trials(plan);
  for (const sweep::Trial& trial : points) {
    if (ended.count(trial.digest) == 0) left.push_back(estimate.seconds(trial.parameters));
  }
  // Points that depend on what is found meanwhile are taken for random ones.
  for (std::uint64_t number = ended.size(); !plan.is_fixed && number < plan.trials; ++number) {
    left.push_back(estimate.seconds(plan.propose(number, {})));
  }
  const std::uint64_t trials = count_trials(plan, points);
  std::string text = fmt::format("{} of {} trials have ended", trials - left.size(), trials);
  if (left.empty()) return text;
  if (known.empty())
    return text + "; none of these axes and options was trained in one go, so nothing tells how long the others take";
  const bool may_stop = input_.settings.sweep.scheduler != sweep::SchedulerKind::none;
  return text + fmt::format("; the others take {} {}, by the durations of {}", may_stop ? "at most about" : "about",
                            format_duration(sweep::plan_makespan(left, groups)), known.size());
}

}  // namespace hpctrain::apps
