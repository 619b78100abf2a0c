// `hpctrain [train]`: from the command line to a finished run, on every rank.
#include <torch/version.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <optional>

#include "apps/command_input.hpp"
#include "apps/commands.hpp"
#include "apps/run_folder.hpp"
#include "apps/sample_dataset.hpp"
#include "apps/start_table.hpp"
#include "comm/affinity.hpp"
#include "comm/agree.hpp"
#include "comm/guard.hpp"
#include "comm/launch.hpp"
#include "config/run_ini.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/version.hpp"
#include "data/index_child.hpp"
#include "monitor/exit_report.hpp"
#include "train/stop_signal.hpp"
#include "train/training_run.hpp"

namespace hpctrain::apps {
namespace {

/// One start of `hpctrain train` on one rank.
class TrainCommand {
 public:
  int run(const Arguments& arguments);

 private:
  void prepare(const Arguments& arguments);
  int run_ranks(comm::MpiSession& session);
  data::DatasetIndex share_index(comm::Communicator& world) const;
  void open_run(comm::Communicator& world);
  bool was_finished(comm::Communicator& world) const;
  train::StopReason train(comm::MpiSession& session, const data::DatasetIndex& index);
  void save_exit_report(int code, const std::string& cause, int rank, const std::string& host) const;
  void report_failure(const comm::FailureReport& failure) const;

  double started_unix_ = unix_seconds();
  comm::Environment environment_ = comm::read_environment();
  CommandInput input_;
  std::size_t granted_cpus_ = 1;
  std::optional<data::DatasetIndex> index_;  ///< rank zero's
  std::exception_ptr failed_start_;          ///< told to all ranks as soon as MPI is up
  std::filesystem::path run_folder_;
  std::unique_ptr<train::TrainingRun> training_;
};

int TrainCommand::run(const Arguments& arguments) {
  try {
    prepare(arguments);
  } catch (const Error&) {
    // A single process may say it at once; ranks say it together, in one line, once they can talk.
    if (comm::plan_launch(environment_).kind == comm::LaunchKind::single) throw;
    failed_start_ = std::current_exception();
  }
  return comm::run_mpi_program(
      environment_, [this](comm::MpiSession& session) { return run_ranks(session); },
      [this](const comm::FailureReport& failure) { report_failure(failure); });
}

/// What must happen before MPI starts: threads are bound, and a forked child and an initialised MPI do not go together.
void TrainCommand::prepare(const Arguments& arguments) {
  const comm::Launch launch = comm::plan_launch(environment_);
  train::catch_stop_signals();
  granted_cpus_ = comm::widen_affinity(launch.local_rank, launch.local_world.value_or(1), environment_).size();
  input_.resolve(arguments, config::AxisPolicy::refuse);
  LogSettings log;
  log.rank = launch.rank;
  log.world = launch.world.value_or(1);
  log.quiet = input_.settings.run.quiet;
  start_logging(log);
  device::set_operation_threads(input_.settings.run.train.threads.value_or(static_cast<int>(granted_cpus_)));
  if (launch.rank != 0) return;
  if (input_.settings.data_dir == sample_dataset_folder()) make_sample_dataset(input_.settings.data_dir);
  index_ = data::index_dataset(packer_program(), input_.settings.data_dir);
}

int TrainCommand::run_ranks(comm::MpiSession& session) {
  comm::Communicator& world = session.world();
  comm::run_agreed(world, [this] {
    if (failed_start_) std::rethrow_exception(failed_start_);
  });
  const data::DatasetIndex index = share_index(world);
  open_run(world);
  const train::StopReason reason = train(session, index);
  const bool is_finished = reason == train::StopReason::finished;
  const int code = is_finished ? 0 : exit_code(Fault::stopped);
  const std::string cause = is_finished ? "done" : "preempted";
  if (world.is_leader()) save_exit_report(code, cause, 0, session.placement().host);
  if (!is_finished)
    log_warning("stopped before the end; the same command continues this run: --out {}", run_folder_.string());
  return code;
}

/// The layout of the data set is read once per job; the text goes to all ranks, which only open what they read.
data::DatasetIndex TrainCommand::share_index(comm::Communicator& world) const {
  const std::string text =
      comm::broadcast_text(world, world.is_leader() ? data::index_to_text(*index_) : std::string(), 0);
  return data::index_from_text(text);
}

void TrainCommand::open_run(comm::Communicator& world) {
  run_folder_ = comm::run_on_leader(world, [this] {
    const auto folder = choose_run_folder(input_.settings.out, input_.settings.run.task);
    open_run_folder(posix_file_system(), folder, input_.table);
    return folder.string();
  });
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
  const Placement& placement = session.placement();
  std::optional<torch::Device> device;
  comm::run_agreed(world, [&] {
    device = device::choose_device(input_.settings.run.train.device, placement.local_rank, placement.local_world);
  });
  const train::RunContext context{
      index,
      world,
      placement,
      posix_file_system(),
      run_folder_,
      *device,
      config::identity_digest(input_.table),
      {{"hpctrain", kVersion}, {"libtorch", TORCH_VERSION}, {"mpi", comm::mpi_version_text()}},
      was_finished(world)};
  training_ = std::make_unique<train::TrainingRun>(input_.settings.run, context);
  if (world.is_leader() && !input_.settings.run.quiet) {
    const auto table = make_start_table(input_.settings, context, granted_cpus_, training_->parameter_count());
    std::fputs(table.c_str(), stderr);
  }
  return training_->run();
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
  report.started_unix = started_unix_;
  monitor::save_exit_report(posix_file_system(), run_folder_, report);
}

void TrainCommand::report_failure(const comm::FailureReport& failure) const {
  if (run_folder_.empty() || !is_run_folder(run_folder_)) return;
  try {
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
