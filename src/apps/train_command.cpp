// `hpctrain [train]`: from the command line to a finished run, on every rank.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "apps/allocation_warnings.hpp"
#include "apps/commands.hpp"
#include "apps/last_reports.hpp"
#include "apps/rank_views.hpp"
#include "apps/ranked_start.hpp"
#include "apps/run_folder.hpp"
#include "apps/start_record.hpp"
#include "apps/start_table.hpp"
#include "checkpoint/catalogue.hpp"
#include "comm/agree.hpp"
#include "comm/node_ring.hpp"
#include "comm/watchdog.hpp"
#include "config/run_ini.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "monitor/exit_report.hpp"
#include "tools/evaluation_pictures.hpp"
#include "tools/run_report.hpp"
#include "train/phase_rules.hpp"
#include "train/stop_file.hpp"
#include "train/stop_signal.hpp"
#include "train/training_run.hpp"

namespace hpctrain::apps {
namespace {

/// One start of `hpctrain train` on one rank.
class TrainCommand {
 public:
  int run(const Arguments& arguments);

 private:
  int run_ranks(comm::MpiSession& session);
  void open_run(comm::Communicator& world, const data::DatasetIndex& index);
  bool was_finished(comm::Communicator& world) const;
  train::StopReason train(comm::MpiSession& session, const data::DatasetIndex& index);
  void save_exit_report(int code, const std::string& cause, int rank, const std::string& host) const;
  void start_watchdog(comm::MpiSession& session);
  void save_exit_report(const monitor::ExitReport& report) const;
  void report_failure(const comm::FailureReport& failure) const;
  void report_hang(const comm::HangReport& hang) const;

  double started_unix_ = unix_seconds();  ///< rank zero's on every rank, once the run is open
  RankedStart start_;
  std::filesystem::path run_folder_;
  std::unique_ptr<comm::Watchdog> watchdog_;  ///< outlives the run, which publishes to it
  std::unique_ptr<train::TrainingRun> training_;
};

int TrainCommand::run(const Arguments& arguments) {
  train::catch_stop_signals();
  start_.prepare([&](CommandInput& input) { input.resolve(arguments, config::AxisPolicy::refuse); });
  return comm::run_mpi_program(
      start_.environment(), [this](comm::MpiSession& session) { return run_ranks(session); },
      [this](const comm::FailureReport& failure) { report_failure(failure); },
      start_.input().settings.watchdog.start_timeout_seconds);
}

int TrainCommand::run_ranks(comm::MpiSession& session) {
  comm::Communicator& world = session.world();
  const data::DatasetIndex index = start_.share_index(world);
  open_run(world, index);
  start_watchdog(session);
  comm::NodeRing ring(world, {start_.input().settings.watchdog.timeout_seconds, session.placement(),
                              [this] { return watchdog_->furthest_behind(); },
                              [this](const auto& last, double seconds) { watchdog_->end_for(last, seconds); }});
  const train::StopReason reason = train(session, index);
  const bool is_finished = train::is_complete(reason);
  const int code = is_finished ? 0 : exit_code(Fault::stopped);
  const std::string cause(train::stop_reason_name(reason));
  if (world.is_leader()) {
    save_exit_report(code, cause, 0, session.placement().host);
    // A stopped run has seconds left, and its job more to do.
    if (is_finished)
      try_to_save_report(run_folder_, [this] { tools::save_run_report(posix_file_system(), run_folder_); });
  }
  if (!is_finished && world.is_leader()) {
    log_warning("stopped before the end ({}); the same command continues this run: --out {}", cause,
                run_folder_.string());
  }
  ring.leave();
  return code;
}

void TrainCommand::open_run(comm::Communicator& world, const data::DatasetIndex& index) {
  run_folder_ = comm::run_on_leader(world, [&] {
    const Settings& settings = start_.input().settings;
    const auto folder = choose_run_folder(settings.out, settings.run.task);
    open_run_folder(posix_file_system(), folder, start_.input().table, index);
    // Starting the run again is the newer wish.
    posix_file_system().remove_all(folder / train::kStopFileName);
    begin_start_record(posix_file_system(), folder, started_unix_);
    return folder.string();
  });
  started_unix_ =
      std::stod(comm::broadcast_text(world, world.is_leader() ? fmt::format("{}", started_unix_) : std::string(), 0));
}

/// Rank zero reads the last start's report; all must agree on whether there is work left.
bool TrainCommand::was_finished(comm::Communicator& world) const {
  return comm::run_on_leader(world, [this]() -> std::string {
           const auto report = monitor::load_exit_report(posix_file_system(), run_folder_);
           return report && report->code == 0 ? "yes" : "no";
         }) == "yes";
}

train::StopReason TrainCommand::train(comm::MpiSession& session, const data::DatasetIndex& index) {
  comm::Communicator& world = session.world();
  const Settings& settings = start_.input().settings;
  const train::RunContext context{index,
                                  world,
                                  session.placement(),
                                  posix_file_system(),
                                  run_folder_,
                                  start_.choose_device(session),
                                  config::identity_digest(start_.input().table),
                                  RankedStart::versions(),
                                  was_finished(world),
                                  &watchdog_->heartbeat(),
                                  /*judge=*/{},
                                  /*trial=*/{},
                                  tools::make_evaluation_pictures(settings.run.monitor.pictures)};
  warn_of_allocation(session, start_);
  training_ = std::make_unique<train::TrainingRun>(settings.run, context);
  const std::vector<RankView> views = gather_views(world, start_.view_of_rank(context.placement, context.device));
  if (world.is_leader() && !settings.run.quiet) {
    const auto table = make_start_table(settings, context, views, *training_);
    std::fputs(table.c_str(), stderr);
  }
  return training_->run();
}

void TrainCommand::start_watchdog(comm::MpiSession& session) {
  watchdog_ = std::make_unique<comm::Watchdog>(
      session.world(),
      comm::Watchdog::Parts{start_.input().settings.watchdog, session.placement(), train::make_phase_rules(),
                            [this](const comm::HangReport& hang) { report_hang(hang); }});
}

void TrainCommand::save_exit_report(int code, const std::string& cause, int rank, const std::string& host) const {
  monitor::ExitReport report;
  report.code = code;
  report.cause = cause;
  report.rank = rank;
  report.host = host;
  report.phase = training_ ? std::string(training_->phase()) : "start";
  if (training_) report.step = training_->step();
  if (training_) report.checkpoint = training_->newest_checkpoint();
  save_exit_report(report);
}

void TrainCommand::save_exit_report(const monitor::ExitReport& report) const {
  monitor::ExitReport complete = report;
  complete.started_unix = started_unix_;
  end_start_record(posix_file_system(), run_folder_, complete);
}

/// In the watchdog's thread, beside a loop that may still run: nothing of the run is asked.
void TrainCommand::report_hang(const comm::HangReport& hang) const {
  monitor::ExitReport report = exit_report_of(hang);
  report.checkpoint = checkpoint::find_newest_name(posix_file_system(), run_folder_);
  save_exit_report(report);
}

void TrainCommand::report_failure(const comm::FailureReport& failure) const {
  if (watchdog_) watchdog_->stand_down();
  // A newer start has the run: how this one ends is no news of it.
  const bool is_fenced = failure.code == exit_code(Fault::fenced);
  if (is_fenced || run_folder_.empty() || !is_run_folder(run_folder_)) return;
  try {
    // A stopped rank that goes on while its job is being ended must not write over what named it.
    const auto present = monitor::load_exit_report(posix_file_system(), run_folder_);
    if (present && present->started_unix == started_unix_) return;
    save_exit_report(failure.code, failure.cause, failure.rank, failure.host);
  } catch (const Error& error) {
    // The failure being reported matters more than the report.
    log_warning("exit.json could not be written: {}", error.what());
  }
}

}  // namespace

int run_train_command(const Arguments& arguments) {
  return TrainCommand().run(arguments);
}

}  // namespace hpctrain::apps
