// `hpctrain bench sweep`: what a sweep costs beside its trials.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/bench_commands.hpp"
#include "comm/guard.hpp"
#include "comm/held_failure.hpp"
#include "comm/mailbox.hpp"
#include "config/command_line.hpp"
#include "config/option_table.hpp"
#include "config/resolve.hpp"
#include "core/error.hpp"
#include "core/text_format.hpp"
#include "device/device.hpp"
#include "models/registry.hpp"
#include "tools/bench_sweep.hpp"

namespace hpctrain::apps {
namespace {

std::string to_json(const tools::SweepBenchReport& report, const tools::SweepBenchSettings& settings) {
  return nlohmann::json{{"groups", report.groups},
                        {"ranks_per_trial", settings.ranks_per_trial},
                        {"trials", report.trial_seconds.size()},
                        {"wall_seconds", report.wall_seconds},
                        {"ideal_seconds", report.ideal_seconds},
                        {"overhead_seconds", report.overhead_seconds()},
                        {"busy_share", report.busy_share()},
                        {"processor_seconds", report.processor_seconds},
                        {"build_seconds", report.build_seconds},
                        {"ledger_syncs", report.ledger_syncs},
                        {"sync_seconds", report.sync_seconds},
                        {"trial_seconds", report.trial_seconds}}
             .dump() +
         "\n";
}

std::string describe(const tools::SweepBenchReport& report, const tools::SweepBenchSettings& settings) {
  std::string text = fmt::format(
      "{} trials on {} groups of {} rank{}: {}, of which trials alone would take {}\n"
      "overhead   {:.2f} ms a trial; groups are busy {} of the time\n"
      "ledger     {} syncs, {} in all\n"
      "processor  {} of all ranks\n",
      report.trial_seconds.size(), report.groups, settings.ranks_per_trial, settings.ranks_per_trial == 1 ? "" : "s",
      format_duration(report.wall_seconds), format_duration(report.ideal_seconds), 1e3 * report.overhead_seconds(),
      format_share(report.busy_share()), report.ledger_syncs, format_duration(report.sync_seconds),
      format_duration(report.processor_seconds));
  if (settings.network) {
    text += fmt::format("network    {} built anew in {:.2f} ms\n", *settings.network, 1e3 * report.build_seconds);
  }
  return text;
}

class SweepBenchCommand {
 public:
  int run(const Arguments& arguments) {
    const auto environment = comm::read_environment();
    refusal_.hold(comm::plan_launch(environment).kind, [&] { read_options(arguments); });
    device::set_operation_threads(1);
    return comm::run_mpi_program(environment, [this](comm::MpiSession& session) { return run_ranks(session); });
  }

 private:
  int run_ranks(comm::MpiSession& session) {
    comm::Communicator& world = session.world();
    refusal_.throw_together(world);
    const auto mailbox = comm::make_mpi_mailbox();
    const auto report = tools::run_sweep_bench(world, *mailbox, posix_file_system(), settings_);
    if (world.is_leader()) {
      std::fputs((is_json_ ? to_json(report, settings_) : describe(report, settings_)).c_str(), stdout);
    }
    return 0;
  }

  void read_options(const Arguments& arguments) {
    config::OptionTable table("hpctrain bench sweep");
    table.add(config::flag_only(settings_.folder, "dir").help("Folder on the disk that holds the ledger"));
    table.add(config::flag_only(settings_.trials, "trials").between(1, 1'000'000).help("Trials, each of which sleeps"));
    table.add(config::flag_only(settings_.seconds, "seconds")
                  .between(0, 3600)
                  .unit("seconds")
                  .help("How long a trial sleeps, on average"));
    table.add(config::flag_only(settings_.spread, "spread")
                  .between(0, 1)
                  .help("Trials sleep up to this fraction longer or shorter"));
    table.add(config::flag_only(settings_.seed, "seed").help("Decides how long each trial sleeps"));
    table.add(config::flag_only(settings_.ranks_per_trial, "ranks-per-trial")
                  .at_least(1)
                  .unit("ranks")
                  .help("Ranks that run one trial together"));
    table.add(config::flag_only(settings_.network, "network")
                  .one_of(models::network_names())
                  .help("Network that each trial builds anew, for pictures of 28×28"));
    table.add(config::flag_only(is_json_, "json").help("Print one JSON object"));
    const auto line = config::parse_command_line(table, arguments);
    config::Sources sources;
    sources.flags = line.assignments;
    config::resolve(table, sources, config::AxisPolicy::refuse);
    require(line.positionals.empty(), Fault::usage,
            "usage: [mpirun -np N] hpctrain bench sweep [--trials N] [--seconds S] [--spread F] [--ranks-per-trial N] "
            "[--network NAME] [--dir DIR] [--json]");
  }

  comm::HeldFailure refusal_;  ///< of the options
  tools::SweepBenchSettings settings_;
  bool is_json_ = false;
};

}  // namespace

int run_sweep_bench_command(const Arguments& arguments) {
  return SweepBenchCommand().run(arguments);
}

}  // namespace hpctrain::apps
