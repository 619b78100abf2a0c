// From the command line to the results of many trials, on every rank.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <thread>

#include "apps/commands.hpp"
#include "apps/ranked_start.hpp"
#include "apps/trial_runner.hpp"
#include "comm/agree.hpp"
#include "comm/mailbox.hpp"
#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/log.hpp"
#include "core/run_identifier.hpp"
#include "sweep/coordinator.hpp"
#include "sweep/group_loop.hpp"
#include "sweep/results.hpp"
#include "sweep/space.hpp"
#include "sweep/tpe.hpp"
#include "train/stop_signal.hpp"

namespace hpctrain::apps {
namespace {

/// One start of `hpctrain sweep` on one rank.
class SweepCommand {
 public:
  int run(const Arguments& arguments);

 private:
  void settle(const Arguments& arguments);
  int run_ranks(comm::MpiSession& session);
  std::string sweep_digest() const;
  sweep::TrialPlan make_plan();
  int print_plan(int groups);
  void open_ledger();
  void start_coordinator(int groups);
  void run_own_group(comm::Communicator& group, TrialRunner& runner);
  int finish();
  void save_best(const sweep::LedgerEntry& best) const;
  void show_outcome(const sweep::Ledger& ledger) const;

  RankedStart start_;
  CommandInput naming_;  ///< names trials on the coordinator's thread, while the settings of start_ train
  sweep::Space space_;
  std::string metric_;
  std::filesystem::path folder_;
  std::unique_ptr<comm::Mailbox> mailbox_;
  std::unique_ptr<sweep::Ledger> ledger_;  ///< this and the following: rank zero's
  std::unique_ptr<sweep::TrialQueue> queue_;
  std::unique_ptr<sweep::Coordinator> coordinator_;
  std::exception_ptr failure_;
  std::thread serving_;
};

int SweepCommand::run(const Arguments& arguments) {
  train::catch_stop_signals();
  start_.prepare([&](CommandInput& input) {
    input.resolve(arguments, config::AxisPolicy::collect);
    settle(arguments);
  });
  return comm::run_mpi_program(
      start_.environment(), [this](comm::MpiSession& session) { return run_ranks(session); }, {},
      start_.input().settings.watchdog.start_timeout_seconds);
}

void SweepCommand::settle(const Arguments& arguments) {
  naming_.resolve(arguments, config::AxisPolicy::collect);
  const Settings& settings = start_.input().settings;
  space_ = {start_.input().resolution.axes, settings.sweep.paired};
  sweep::require_sound(space_);
  if (settings.sweep.method == sweep::Method::grid) sweep::plan_grid(space_);
  metric_ = settings.sweep.metric;
  if (metric_.empty()) metric_ = settings.run.task == "landmarks" ? "mre_mm" : "top1";
}

int SweepCommand::run_ranks(comm::MpiSession& session) {
  comm::Communicator& world = session.world();
  const data::DatasetIndex index = start_.share_index(world);
  const Settings& settings = start_.input().settings;
  const int ranks_per_trial = settings.sweep.ranks_per_trial;
  int groups = 0;
  comm::run_agreed(world, [&] { groups = sweep::plan_groups(world.size(), ranks_per_trial); });
  if (settings.sweep.dry_run) return world.is_leader() ? print_plan(groups) : 0;
  folder_ = comm::run_on_leader(world, [&] {
    const auto name = run_folder_name("sweep", unix_seconds(), random_hex(2));
    const auto folder = settings.out.empty() ? std::filesystem::path("runs") / name : settings.out;
    return std::filesystem::absolute(folder).lexically_normal().string();
  });
  comm::run_on_leader(world, [&] {
    open_ledger();
    return std::string();
  });
  mailbox_ = comm::make_mpi_mailbox();
  const int group_number = std::min(world.rank() / ranks_per_trial, groups);
  const auto group = world.split(group_number, world.rank());
  TrialRunner runner({start_.input(), index, session.placement(), folder_, metric_, start_.choose_device(session)});
  if (world.is_leader()) start_coordinator(groups);
  if (group_number < groups) run_own_group(*group, runner);
  return std::stoi(comm::run_on_leader(world, [this] { return std::to_string(finish()); }));
}

void SweepCommand::open_ledger() {
  posix_file_system().create_folders(folder_ / "trials");
  ledger_ = std::make_unique<sweep::Ledger>(posix_file_system(), folder_ / "ledger", sweep_digest());
  queue_ = std::make_unique<sweep::TrialQueue>(make_plan(), *ledger_);
}

void SweepCommand::start_coordinator(int groups) {
  coordinator_ = std::make_unique<sweep::Coordinator>(sweep::Coordinator::Parts{
      *mailbox_, *ledger_, *queue_, groups, start_.input().settings.run.wall_time.job_end_unix,
      [this](const sweep::Ledger& changed) { show_outcome(changed); }});
  serving_ = std::thread([this] {
    try {
      coordinator_->run();
    } catch (...) {
      failure_ = std::current_exception();
    }
  });
}

void SweepCommand::run_own_group(comm::Communicator& group, TrialRunner& runner) {
  try {
    sweep::run_group(group, *mailbox_, [&](const auto& trial, auto& ranks) { return runner.run(trial, ranks); });
  } catch (...) {
    // The guard ends the whole job; the coordinator would wait for this group for ever.
    if (serving_.joinable()) serving_.detach();
    throw;
  }
}

/// Of what all starts of one sweep have in common; axes may change, other options name other trials.
std::string SweepCommand::sweep_digest() const {
  Xxh3_128 digest;
  for (const auto& row : naming_.table.rows()) {
    if (row.is_identity() && !row.is_sweepable()) digest.update(bytes_of(row.name() + "=" + row.value_text() + "\n"));
  }
  digest.update(bytes_of("metric=" + metric_));
  return digest.hex();
}

sweep::TrialPlan SweepCommand::make_plan() {
  const auto& settings = start_.input().settings.sweep;
  sweep::TrialPlan plan;
  plan.trials = settings.trials;
  plan.attempts = settings.attempts;
  plan.identify = [this](const sweep::Parameters& parameters) {
    for (const auto& [name, value] : parameters) naming_.table.at(name).assign(value, "sweep");
    sweep::Parameters all;
    for (const auto& row : naming_.table.rows()) {
      if (row.is_sweepable()) all.emplace_back(row.name(), row.value_text());
    }
    return sweep::digest_parameters(all);
  };
  if (settings.method == sweep::Method::grid) {
    const auto points = sweep::plan_grid(space_);
    plan.trials = points.size();
    plan.propose = [points](std::uint64_t number, const auto&) { return points[number]; };
  } else if (settings.method == sweep::Method::random) {
    plan.propose = [this, &settings](std::uint64_t number, const auto&) {
      return sweep::draw_random(space_, settings.seed, number);
    };
  } else {
    plan.is_fixed = false;
    plan.propose = [this, &settings](std::uint64_t number, const std::vector<sweep::LedgerEntry>& history) {
      std::vector<sweep::Observation> observations;
      const double sign = sweep::is_smaller_better(metric_) ? 1 : -1;
      for (const auto& entry : history) {
        if (entry.outcome.metric) observations.push_back({entry.trial.parameters, sign * *entry.outcome.metric});
      }
      return sweep::propose_tpe(space_, std::move(observations), settings.seed, number);
    };
  }
  return plan;
}

int SweepCommand::print_plan(int groups) {
  const sweep::TrialPlan plan = make_plan();
  for (std::uint64_t number = 0; number < plan.trials; ++number) {
    const auto parameters = plan.propose(number, {});
    std::printf("%s  %s\n", plan.identify(parameters).c_str(), sweep::describe_parameters(parameters).c_str());
  }
  const auto rounds = (plan.trials + static_cast<std::uint64_t>(groups) - 1) / static_cast<std::uint64_t>(groups);
  std::printf("%llu trials on %d groups of %d ranks: the time of %llu trials one after another\n",
              static_cast<unsigned long long>(plan.trials), groups, start_.input().settings.sweep.ranks_per_trial,
              static_cast<unsigned long long>(rounds));
  return 0;
}

void SweepCommand::show_outcome(const sweep::Ledger& ledger) const {
  const auto sorted = sweep::sort_results(ledger.entries(), metric_);
  int ended = 0;
  for (const auto& entry : sorted) ended += is_final(entry.outcome.state) ? 1 : 0;
  const auto& best = sorted.front();
  if (best.outcome.metric) {
    log_info("{} trials ended; best {} {:.4f} with {}", ended, metric_, *best.outcome.metric,
             sweep::describe_parameters(best.trial.parameters));
  }
}

void SweepCommand::save_best(const sweep::LedgerEntry& best) const {
  if (!best.outcome.metric) return;
  FileSystem& files = posix_file_system();
  write_file_durably(files, folder_ / "best.ini", files.read_file(folder_ / "trials" / best.trial.digest / "run.ini"));
  std::printf("best: %s\n", (folder_ / "best.ini").c_str());
}

int SweepCommand::finish() {
  serving_.join();
  if (failure_) std::rethrow_exception(failure_);
  const auto sorted = sweep::sort_results(ledger_->entries(), metric_);
  std::vector<std::string> axes;
  for (const auto& axis : space_.axes) axes.push_back(axis.name());
  sweep::save_results(posix_file_system(), folder_, sorted, axes, metric_);
  std::fputs(sweep::write_results_csv(sorted, axes, metric_).c_str(), stdout);
  if (!sorted.empty()) save_best(sorted.front());
  if (coordinator_->has_stopped_early()) {
    log_warning("stopped before the end; the same command with --out {} continues the sweep", folder_.string());
    return exit_code(Fault::stopped);
  }
  int code = 0;
  for (const auto& entry : sorted) {
    if (entry.outcome.state != sweep::TrialState::failed) continue;
    log_warning("trial {} failed with {}: {}", sweep::describe_parameters(entry.trial.parameters), entry.outcome.code,
                entry.outcome.message);
    if (code == 0) code = entry.outcome.code;
  }
  return code;
}

}  // namespace

int run_sweep_command(const Arguments& arguments) {
  return SweepCommand().run(arguments);
}

}  // namespace hpctrain::apps
