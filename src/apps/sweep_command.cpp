// From the command line to the results of many trials, on every rank.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "apps/allocation_warnings.hpp"
#include "apps/commands.hpp"
#include "apps/last_reports.hpp"
#include "apps/ranked_start.hpp"
#include "apps/run_folder.hpp"
#include "apps/start_record.hpp"
#include "apps/sweep_display.hpp"
#include "apps/sweep_planner.hpp"
#include "apps/sweep_results.hpp"
#include "apps/team_membership.hpp"
#include "apps/trial_runner.hpp"
#include "checkpoint/catalogue.hpp"
#include "comm/agree.hpp"
#include "comm/mailbox.hpp"
#include "comm/node_ring.hpp"
#include "comm/watchdog.hpp"
#include "core/clock.hpp"
#include "core/integer_division.hpp"
#include "core/log.hpp"
#include "core/run_identifier.hpp"
#include "monitor/exit_report.hpp"
#include "sweep/board.hpp"
#include "sweep/coordinator.hpp"
#include "sweep/group_loop.hpp"
#include "tools/sweep_report.hpp"
#include "train/phase_rules.hpp"
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
  void open_board(int ranks, int groups);
  void start_coordinator(int ranks);
  void run_trials(comm::Communicator& world, TrialRunner& runner);
  int finish();
  void save_exit_report(int code, const std::string& cause, int rank, const std::string& host) const;
  void report_failure(const comm::FailureReport& failure) const;
  void start_watchdog(comm::MpiSession& session);
  void report_hang(const comm::HangReport& hang) const;

  double started_unix_ = unix_seconds();  ///< rank zero's on every rank, once the folder is open
  RankedStart start_;
  SweepPlanner planner_;
  std::filesystem::path folder_;
  bool is_open_ = false;                      ///< the folder is this sweep's
  std::unique_ptr<comm::Watchdog> watchdog_;  ///< outlives the trials, which publish to it
  std::unique_ptr<comm::Mailbox> mailbox_;
  std::unique_ptr<sweep::Ledger> ledger_;  ///< this and the following: rank zero's
  sweep::TrialPlan plan_;
  std::unique_ptr<sweep::TrialQueue> queue_;
  std::unique_ptr<sweep::Board> board_;
  std::unique_ptr<SweepDisplay> display_;
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
  const DatasetIndices indices = start_.share_indices(world);
  const Settings& settings = start_.input().settings;
  int groups = 0;
  comm::run_agreed(world, [&] { groups = sweep::plan_groups(world.size(), settings.sweep.ranks_per_trial); });
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
  started_unix_ =
      std::stod(comm::broadcast_text(world, world.is_leader() ? fmt::format("{}", started_unix_) : std::string(), 0));
  is_open_ = true;
  warn_of_allocation(session, start_);
  start_watchdog(session);
  comm::NodeRing ring(
      world, {settings.watchdog.timeout_seconds, session.placement(), [this] { return watchdog_->furthest_behind(); },
              [this](const auto& last, double seconds) { watchdog_->end_for(last, seconds); }});
  mailbox_ = comm::make_mpi_mailbox();
  TrialRunner runner({start_.input(), indices, session.placement(), folder_, planner_.metric(),
                      start_.choose_device(session), watchdog_->heartbeat()});
  if (world.is_leader()) {
    open_board(world.size(), groups);
    start_coordinator(world.size());
  }
  run_trials(world, runner);
  const int code = std::stoi(comm::run_on_leader(world, [&] {
    const int outcome = finish();
    save_exit_report(outcome, coordinator_->stop_cause().value_or(outcome == 0 ? "finished" : "a trial failed"), 0,
                     session.placement().host);
    return std::to_string(outcome);
  }));
  ring.leave();
  return code;
}

void SweepCommand::open_ledger() {
  require_sweep_folder(posix_file_system(), folder_);
  posix_file_system().create_folders(folder_ / "trials");
  // Starting the sweep again is the newer wish.
  posix_file_system().remove_all(folder_ / train::kStopFileName);
  ledger_ = std::make_unique<sweep::Ledger>(posix_file_system(), folder_ / "ledger", planner_.sweep_digest());
  // Now that the folder is known to be this sweep's, and no older start writes to it.
  begin_start_record(posix_file_system(), folder_, started_unix_, StartOf::sweep);
  plan_ = planner_.make_plan(ledger_->entries());
  plan_.progress = [this](const sweep::Trial& trial) {
    const auto newest = checkpoint::find_newest_name(posix_file_system(), folder_ / "trials" / trial.digest);
    return newest ? checkpoint::find_step(std::filesystem::path(*newest).filename().string()).value_or(0) : 0;
  };
  queue_ = std::make_unique<sweep::TrialQueue>(plan_, *ledger_);
}

void SweepCommand::open_board(int ranks, int groups) {
  const auto history = ledger_->entries();
  const auto points = planner_.list_trials(plan_);
  const sweep::SchedulerPlan scheduler = planner_.make_scheduler();
  board_ =
      std::make_unique<sweep::Board>(sweep::BoardPlan{.ranks = ranks,
                                                      .groups = groups,
                                                      .trials = SweepPlanner::count_trials(plan_, points),
                                                      .points = points,
                                                      .owns = plan_.owns,
                                                      .known = planner_.known_durations(history),
                                                      .is_smaller_better = scheduler.is_smaller_better,
                                                      .may_stop_early = scheduler.kind != sweep::SchedulerKind::none},
                                     history, steady_seconds());
  ledger_->watch_outcomes(
      [this](const auto& digest, const auto& outcome) { board_->note_outcome(digest, outcome, steady_seconds()); });
  display_ = std::make_unique<SweepDisplay>(
      SweepDisplay::Parts{*board_, planner_.metric(), posix_file_system(), folder_, start_.input().settings.run.quiet});
}

void SweepCommand::start_coordinator(int ranks) {
  coordinator_ = std::make_unique<sweep::Coordinator>(sweep::Coordinator::Parts{
      *mailbox_, *ledger_, *queue_, planner_.make_team_rules(ranks), start_.input().settings.run.wall_time.job_end_unix,
      [this](const auto& team, const auto& trial) { board_->note_lease(team, trial, steady_seconds()); },
      planner_.make_scheduler(), [this] { return posix_file_system().exists(folder_ / train::kStopFileName); },
      [this](const sweep::ScoreReport& report) { board_->note_score(report.digest, report.score); }});
  serving_ = std::thread([this] {
    try {
      coordinator_->run();
    } catch (...) {
      failure_ = std::current_exception();
    }
  });
}

void SweepCommand::run_trials(comm::Communicator& world, TrialRunner& runner) {
  try {
    sweep::run_leases(
        world, *mailbox_,
        [&](const auto& trial, auto& team, const auto& ask_verdict) { return runner.run(trial, team, ask_verdict); },
        start_.input().settings.sweep.is_judging());
  } catch (...) {
    // The guard ends the whole job; the coordinator would wait for this team for ever.
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
  const auto print = [](const std::string& digest, const sweep::Parameters& parameters) {
    std::printf("%s  %s\n", digest.c_str(), sweep::describe_parameters(parameters).c_str());
  };
  const auto points = planner_.list_trials(plan);
  for (const sweep::Trial& trial : points) print(trial.digest, trial.parameters);
  for (std::uint64_t number = 0; !plan.is_fixed && number < plan.trials; ++number) {
    const auto parameters = plan.propose(number, {});
    print(plan.identify(parameters), parameters);
  }
  const std::uint64_t trials = SweepPlanner::count_trials(plan, points);
  const auto rounds = divide_up(trials, static_cast<std::uint64_t>(groups));
  std::printf("%llu trials on %d groups of %d ranks: the time of %llu trials one after another\n",
              static_cast<unsigned long long>(trials), groups, start_.input().settings.sweep.ranks_per_trial,
              static_cast<unsigned long long>(rounds));
  if (!history.empty()) std::printf("%s\n", planner_.describe_forecast(plan, history, groups).c_str());
}

int SweepCommand::finish() {
  serving_.join();
  const sweep::BoardView board = board_->view(steady_seconds());
  display_->finish(board);
  if (failure_) std::rethrow_exception(failure_);
  const auto sorted = report_results(planner_, *ledger_, board, folder_);
  try_to_save_report(folder_, [this] { tools::save_sweep_report(posix_file_system(), folder_); });
  if (const auto& cause = coordinator_->stop_cause()) {
    log_warning("stopped before the end ({}); the same command with --out {} continues the sweep", *cause,
                folder_.string());
    return exit_code(Fault::stopped);
  }
  int code = 0;
  for (const auto& entry : planner_.select_own(sorted)) {
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
  end_start_record(posix_file_system(), folder_, report);
}

void SweepCommand::start_watchdog(comm::MpiSession& session) {
  watchdog_ = std::make_unique<comm::Watchdog>(
      session.world(),
      comm::Watchdog::Parts{start_.input().settings.watchdog, session.placement(), train::make_phase_rules(),
                            [this](const comm::HangReport& hang) { report_hang(hang); }});
  stand_alone(watchdog_->heartbeat(), session.placement().rank);
}

/// In the watchdog's thread, of whichever rank speaks.
void SweepCommand::report_hang(const comm::HangReport& hang) const {
  monitor::ExitReport report = exit_report_of(hang);
  report.started_unix = started_unix_;
  end_start_record(posix_file_system(), folder_, report);
}

void SweepCommand::report_failure(const comm::FailureReport& failure) const {
  if (watchdog_) watchdog_->stand_down();
  // Until its ledger is open the folder may be another sweep's; it is again once a newer start took it.
  if (!is_open_ || failure.code == exit_code(Fault::fenced)) return;
  try {
    // A stopped rank that goes on while its job is being ended must not write over what named it.
    const auto present = monitor::load_exit_report(posix_file_system(), folder_);
    if (present && present->started_unix == started_unix_) return;
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
