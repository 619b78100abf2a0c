// `hpctrain bench step`: what a training step takes, beside a bare LibTorch loop; with the options of `train`.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/bench_commands.hpp"
#include "apps/ranked_start.hpp"
#include "core/text_format.hpp"
#include "monitor/metrics.hpp"
#include "monitor/summary.hpp"
#include "tools/bench_step.hpp"

namespace hpctrain::apps {
namespace {

std::string to_json(const tools::StepBenchReport& report) {
  return nlohmann::json{{"ranks", report.ranks},
                        {"batch", report.batch},
                        {"step_seconds", report.step_seconds},
                        {"samples_per_second", report.samples_per_second()},
                        {"bare_step_seconds", report.bare_step_seconds},
                        {"overhead", report.overhead},
                        {"ledger",
                         {{"switches_per_step", report.switches_per_step},
                          {"switch_seconds", report.ledger_cost.switch_seconds},
                          {"line_seconds", report.ledger_cost.line_seconds},
                          {"share", report.ledger_share()},
                          {"coverage", report.ledger_coverage()}}},
                        {"phase_seconds", monitor::to_json(report.phases)},
                        {"bare_phase_seconds", monitor::to_json(report.bare_phases)}}
             .dump() +
         "\n";
}

std::string describe(const tools::StepBenchReport& report) {
  return fmt::format(
      "{} rank{}, batch {}: {:.3f} ms a step, {} samples/s\n"
      "bare loop       {:.3f} ms a step; beyond it the engine takes {}\n"
      "time went to    {}\n"
      "bare loop's to  {}\n"
      "the account     {:.0f} switches of {:.0f} ns and a line of {:.1f} µs: {:.3f} % of the step, {} of it by name\n",
      report.ranks, report.ranks == 1 ? "" : "s", report.batch, 1e3 * report.step_seconds,
      format_rate(report.samples_per_second()), 1e3 * report.bare_step_seconds, format_share(report.overhead),
      monitor::describe_phases(report.phases), monitor::describe_phases(report.bare_phases), report.switches_per_step,
      1e9 * report.ledger_cost.switch_seconds, 1e6 * report.ledger_cost.line_seconds, 100 * report.ledger_share(),
      format_share(report.ledger_coverage()));
}

class StepBenchCommand {
 public:
  StepBenchCommand() {
    auto& table = start_.input().table;
    table.add(config::flag_only(bench_.folder, "dir").help("Folder that all ranks see, for the runs' own files"));
    table.add(config::flag_only(bench_.steps, "steps").at_least(1).help("Steps measured in each round"));
    table.add(config::flag_only(bench_.warm_up_steps, "warm-up").unit("steps").help("Steps made before them"));
    table.add(config::flag_only(bench_.rounds, "rounds").between(1, 1000).help("Rounds of both sides, in turns"));
    table.add(config::flag_only(is_json_, "json").help("Print one JSON object"));
  }

  int run(const Arguments& arguments) {
    start_.prepare([&](CommandInput& input) {
      input.resolve(arguments, config::AxisPolicy::refuse);
      input.settings.run.quiet = true;
    });
    return comm::run_mpi_program(
        start_.environment(), [this](comm::MpiSession& session) { return run_ranks(session); }, {},
        start_.input().settings.watchdog.start_timeout_seconds);
  }

 private:
  int run_ranks(comm::MpiSession& session) {
    comm::Communicator& world = session.world();
    const data::DatasetIndex index = start_.share_index(world);
    const tools::StepBenchPlace place{index, world, session.placement(), start_.choose_device(session)};
    const auto report = tools::run_step_bench(start_.input().settings.run, place, bench_);
    if (world.is_leader()) std::fputs((is_json_ ? to_json(report) : describe(report)).c_str(), stdout);
    return 0;
  }

  RankedStart start_;
  tools::StepBenchSettings bench_;
  bool is_json_ = false;
};

}  // namespace

int run_step_bench_command(const Arguments& arguments) {
  return StepBenchCommand().run(arguments);
}

}  // namespace hpctrain::apps
