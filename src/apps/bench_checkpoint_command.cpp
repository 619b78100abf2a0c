// `hpctrain bench checkpoint`: how fast a disk takes checkpoints, beside its raw rate.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/bench_commands.hpp"
#include "config/command_line.hpp"
#include "config/option_table.hpp"
#include "config/resolve.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"
#include "tools/bench_checkpoint.hpp"

namespace hpctrain::apps {
namespace {

std::string describe(const tools::CheckpointBenchReport& report) {
  return fmt::format(
      "checkpoint of {:.0f} MB: {:.0f} MB/s, {:.0f} % of {:.0f} MB/s raw write and fsync; training stands still for "
      "{:.3f} s\n",
      static_cast<double>(report.state_bytes) / 1e6, report.checkpoint_bytes_per_second / 1e6, report.share() * 100,
      report.raw_bytes_per_second / 1e6, report.stall_seconds);
}

std::string to_json(const tools::CheckpointBenchReport& report) {
  return nlohmann::json{{"state_bytes", report.state_bytes},
                        {"raw_bytes_per_second", report.raw_bytes_per_second},
                        {"checkpoint_bytes_per_second", report.checkpoint_bytes_per_second},
                        {"share", report.share()},
                        {"stall_seconds", report.stall_seconds}}
             .dump(2) +
         "\n";
}

}  // namespace

int run_checkpoint_bench_command(const Arguments& arguments) {
  tools::CheckpointBenchSettings settings;
  bool as_json = false;
  config::OptionTable table("hpctrain bench checkpoint");
  table.add(config::flag_only(settings.folder, "dir").help("Folder on the disk in question"));
  table.add(config::flag_only(settings.state_bytes, "bytes").at_least(1'000'000).help("Size of the state"));
  table.add(config::flag_only(settings.rounds, "rounds")
                .between(2, 20)
                .help("Rounds; each leaves two states behind until the end"));
  table.add(config::flag_only(as_json, "json").help("Print JSON"));
  const auto line = config::parse_command_line(table, arguments);
  config::Sources sources;
  sources.flags = line.assignments;
  config::resolve(table, sources, config::AxisPolicy::refuse);
  require(line.positionals.empty(), Fault::usage,
          "usage: hpctrain bench checkpoint [--dir DIR] [--bytes N] [--rounds N] [--json]");
  const auto report = tools::run_checkpoint_bench(posix_file_system(), settings);
  std::fputs((as_json ? to_json(report) : describe(report)).c_str(), stdout);
  return 0;
}

}  // namespace hpctrain::apps
