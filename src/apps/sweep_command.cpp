// From the command line to the results of many trials, on every rank.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <thread>

#include "apps/allocation_warnings.hpp"
#include "apps/commands.hpp"
#include "apps/ranked_start.hpp"
#include "apps/sweep_planner.hpp"
#include "apps/trial_runner.hpp"
#include "comm/agree.hpp"
#include "comm/mailbox.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/run_identifier.hpp"
#include "monitor/exit_report.hpp"
#include "sweep/coordinator.hpp"
#include "sweep/group_loop.hpp"
#include "sweep/results.hpp"
#include "train/stop_file.hpp"
#include "train/stop_signal.hpp"

namespace hpctrain::apps {
namespace {

/// One start of `hpctrain sweep` on one rank.
class SweepCommand {
 public:
  int run(const Arguments& arguments);

 private:
  int run_ranks(comm::MpiSession& session);
  void print_plan(int groups);
  void open_ledger();
  void start_coordinator(int groups);
  void run_own_group(comm::Communicator& group, TrialRunner& runner);
  int finish();
  void save_exit_report(int code, const std::string& cause, int rank, const std::string& host) const;
  void report_failure(const comm::FailureReport& failure) const;
  void save_best(const sweep::LedgerEntry& best) const;
  void show_outcome(const sweep::Ledger& ledger) const;

  double started_unix_ = unix_seconds();
  RankedStart start_;
  SweepPlanner planner_;
  std::filesystem::path folder_;
  bool is_open_ = false;  ///< the folder is this sweep's
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
    planner_.resolve(arguments);
  });
  return comm::run_mpi_program(
      start_.environment(), [this](comm::MpiSession& session) { return run_ranks(session); },
      [this](const comm::FailureReport& failure) { report_failure(failure); },
      start_.input().settings.watchdog.start_timeout_seconds);
}

int SweepCommand::run_ranks(comm::MpiSession& session) {
  comm::Communicator& world = session.world();
  const data::DatasetIndex index = start_.share_index(world);
  const Settings& settings = start_.input().settings;
  const int ranks_per_trial = settings.sweep.ranks_per_trial;
  int groups = 0;
  comm::run_agreed(world, [&] { groups = sweep::plan_groups(world.size(), ranks_per_trial); });
  if (settings.sweep.dry_run) {
    comm::run_on_leader(world, [&] {
      print_plan(groups);
      return std::string();
    });
    return 0;
  }
  folder_ = comm::run_on_leader(world, [&] {
    const auto name = run_folder_name("sweep", unix_seconds(), random_hex(2));
    const auto folder = settings.out.empty() ? std::filesystem::path("runs") / name : settings.out;
    return std::filesystem::absolute(folder).lexically_normal().string();
  });
  comm::run_on_leader(world, [&] {
    open_ledger();
    return std::string();
  });
  is_open_ = true;
  warn_of_allocation(session, start_);
  mailbox_ = comm::make_mpi_mailbox();
  const int group_number = std::min(world.rank() / ranks_per_trial, groups);
  const auto group = world.split(group_number, world.rank());
  TrialRunner runner(
      {start_.input(), index, session.placement(), folder_, planner_.metric(), start_.choose_device(session)});
  if (world.is_leader()) start_coordinator(groups);
  if (group_number < groups) run_own_group(*group, runner);
  return std::stoi(comm::run_on_leader(world, [&] {
    const int code = finish();
    save_exit_report(code, coordinator_->stop_cause().value_or(code == 0 ? "finished" : "a trial failed"), 0,
                     session.placement().host);
    return std::to_string(code);
  }));
}

void SweepCommand::open_ledger() {
  posix_file_system().create_folders(folder_ / "trials");
  // Starting the sweep again is the newer wish.
  posix_file_system().remove_all(folder_ / train::kStopFileName);
  ledger_ = std::make_unique<sweep::Ledger>(posix_file_system(), folder_ / "ledger", planner_.sweep_digest());
  queue_ = std::make_unique<sweep::TrialQueue>(planner_.make_plan(ledger_->entries()), *ledger_);
}

void SweepCommand::start_coordinator(int groups) {
  coordinator_ = std::make_unique<sweep::Coordinator>(sweep::Coordinator::Parts{
      *mailbox_, *ledger_, *queue_, groups, start_.input().settings.run.wall_time.job_end_unix,
      [this](const sweep::Ledger& changed) { show_outcome(changed); }, planner_.make_scheduler(),
      [this] { return posix_file_system().exists(folder_ / train::kStopFileName); }});
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
    sweep::run_group(group, *mailbox_, [&](const auto& trial, auto& ranks, const auto& ask_verdict) {
      return runner.run(trial, ranks, ask_verdict);
    });
  } catch (...) {
    // The guard ends the whole job; the coordinator would wait for this group for ever.
    if (serving_.joinable()) serving_.detach();
    throw;
  }
}

void SweepCommand::print_plan(int groups) {
  const auto folder = start_.input().settings.out;
  std::vector<sweep::LedgerEntry> history;
  if (!folder.empty() && posix_file_system().exists(folder / "ledger")) {
    history = sweep::Ledger::read(posix_file_system(), folder / "ledger", planner_.sweep_digest());
  }
  const sweep::TrialPlan plan = planner_.make_plan(history);
  for (std::uint64_t number = 0; number < plan.trials; ++number) {
    const auto parameters = plan.propose(number, {});
    std::printf("%s  %s\n", plan.identify(parameters).c_str(), sweep::describe_parameters(parameters).c_str());
  }
  const auto rounds = (plan.trials + static_cast<std::uint64_t>(groups) - 1) / static_cast<std::uint64_t>(groups);
  std::printf("%llu trials on %d groups of %d ranks: the time of %llu trials one after another\n",
              static_cast<unsigned long long>(plan.trials), groups, start_.input().settings.sweep.ranks_per_trial,
              static_cast<unsigned long long>(rounds));
  if (!history.empty()) std::printf("%s\n", planner_.describe_forecast(plan, history, groups).c_str());
}

void SweepCommand::show_outcome(const sweep::Ledger& ledger) const {
  const auto sorted = sweep::sort_results(ledger.entries(), planner_.metric());
  int ended = 0;
  int stopped = 0;
  for (const auto& entry : sorted) {
    ended += is_final(entry.outcome.state) ? 1 : 0;
    stopped += entry.outcome.state == sweep::TrialState::stopped ? 1 : 0;
  }
  const auto& best = sorted.front();
  if (best.outcome.state == sweep::TrialState::done) {
    log_info("{} trials ended{}; best {} {:.4f} with {}", ended,
             stopped > 0 ? ", " + std::to_string(stopped) + " of them stopped early" : "", planner_.metric(),
             *best.outcome.metric, sweep::describe_parameters(best.trial.parameters));
  }
}

void SweepCommand::save_best(const sweep::LedgerEntry& best) const {
  if (best.outcome.state != sweep::TrialState::done) return;
  FileSystem& files = posix_file_system();
  write_file_durably(files, folder_ / "best.ini", files.read_file(folder_ / "trials" / best.trial.digest / "run.ini"));
  std::printf("best: %s\n", (folder_ / "best.ini").c_str());
}

int SweepCommand::finish() {
  serving_.join();
  if (failure_) std::rethrow_exception(failure_);
  const auto sorted = sweep::sort_results(ledger_->entries(), planner_.metric());
  std::vector<std::string> axes;
  for (const auto& axis : planner_.space().axes) axes.push_back(axis.name());
  sweep::save_results(posix_file_system(), folder_, sorted, axes, planner_.metric());
  std::fputs(sweep::write_results_csv(sorted, axes, planner_.metric()).c_str(), stdout);
  if (!sorted.empty()) save_best(sorted.front());
  if (const auto& cause = coordinator_->stop_cause()) {
    log_warning("stopped before the end ({}); the same command with --out {} continues the sweep", *cause,
                folder_.string());
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

/// SWEEP/exit.json, by which job scripts decide about another start.
void SweepCommand::save_exit_report(int code, const std::string& cause, int rank, const std::string& host) const {
  monitor::ExitReport report;
  report.code = code;
  report.cause = cause;
  report.rank = rank;
  report.host = host;
  report.phase = "sweep";
  report.started_unix = started_unix_;
  monitor::save_exit_report(posix_file_system(), folder_, report);
}

void SweepCommand::report_failure(const comm::FailureReport& failure) const {
  // Until its ledger is open the folder may be another sweep's; it is again once a newer start took it.
  if (!is_open_ || failure.code == exit_code(Fault::fenced)) return;
  try {
    save_exit_report(failure.code, failure.cause, failure.rank, failure.host);
  } catch (const Error& error) {
    // The failure being reported matters more than the report.
    log_warning("exit.json could not be written: {}", error.what());
  }
}

}  // namespace

int run_sweep_command(const Arguments& arguments) {
  return SweepCommand().run(arguments);
}

}  // namespace hpctrain::apps
