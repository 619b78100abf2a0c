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
}

std::string SweepPlanner::sweep_digest() const {
  Xxh3_128 digest;
  for (const auto& row : input_.table.rows()) {
    if (row.is_identity() && !row.is_sweepable()) digest.update(bytes_of(row.name() + "=" + row.value_text() + "\n"));
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

std::string SweepPlanner::name_trial(const sweep::Parameters& parameters) {
  for (const auto& [name, value] : parameters) input_.table.at(name).assign(value, "sweep");
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
      plan.propose = [this](std::uint64_t number, const auto& known) { return propose_by_tpe(number, known); };
      break;
  }
  return plan;
}

sweep::Parameters SweepPlanner::propose_by_tpe(std::uint64_t number,
                                               const std::vector<sweep::LedgerEntry>& history) const {
  // TPE asks for their order alone, and a stopped trial's score says less than one of the last epoch.
  std::vector<sweep::Observation> observations;
  for (const auto& entry : sweep::sort_results(history, metric_)) {
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

/// Of trials that were cut off only the last part is known; those of other axes or other fixed options tell nothing.
std::vector<sweep::Duration> SweepPlanner::known_durations(const std::vector<sweep::LedgerEntry>& history) {
  std::vector<sweep::Duration> known;
  for (const auto& [trial, outcome, attempts, leases, scores] : history) {
    const bool is_whole = outcome.state == sweep::TrialState::done && leases == 1;
    if (!is_whole || !has_axes(trial.parameters, space_.axes)) continue;
    if (name_trial(trial.parameters) == trial.digest) known.push_back({trial.parameters, outcome.seconds});
  }
  return known;
}

std::string SweepPlanner::describe_forecast(const sweep::TrialPlan& plan,
                                            const std::vector<sweep::LedgerEntry>& history, int groups) {
  std::set<std::string> ended;
  for (const auto& entry : history) {
    if (is_final(entry.outcome.state)) ended.insert(entry.trial.digest);
  }
  const auto known = known_durations(history);
  const sweep::DurationEstimate estimate(known);
  std::uint64_t done = plan.is_fixed ? 0 : std::min<std::uint64_t>(plan.trials, ended.size());
  std::vector<double> left;
  // Points that depend on what is found meanwhile are taken for random ones.
  for (std::uint64_t number = done; number < plan.trials; ++number) {
    const auto parameters = plan.propose(number, {});
    const bool has_ended = plan.is_fixed && ended.count(plan.identify(parameters)) != 0;
    if (has_ended) ++done;
    if (!has_ended) left.push_back(estimate.seconds(parameters));
  }
  std::string text = fmt::format("{} of {} trials have ended", done, plan.trials);
  if (left.empty()) return text;
  if (known.empty())
    return text + "; none of these axes and options was trained in one go, so nothing tells how long the others take";
  const bool may_stop = input_.settings.sweep.scheduler != sweep::SchedulerKind::none;
  return text + fmt::format("; the others take {} {}, by the durations of {}", may_stop ? "at most about" : "about",
                            format_duration(sweep::plan_makespan(left, groups)), known.size());
}

}  // namespace hpctrain::apps
