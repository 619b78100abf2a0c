// `hpctrain bench WHAT`: figures of this machine, with the ceilings measured in the same run.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "apps/bench_commands.hpp"
#include "config/command_line.hpp"
#include "core/error.hpp"

namespace hpctrain::apps {
namespace {

/// One row for each thing that can be measured.
struct Bench {
  std::string_view name;
  std::string_view summary;
  int (*run)(const Arguments&);
};
constexpr std::array kBenches = {
    Bench{"step", "a training step and where its time goes, beside a bare LibTorch loop", run_step_bench_command},
    Bench{"comm", "sums of gradients over these ranks, beside copies", run_comm_bench_command},
    Bench{"data", "the loader beside the same copies out of ordinary memory", run_data_bench_command},
    Bench{"checkpoint", "how fast a disk takes checkpoints, beside its raw rate", run_checkpoint_bench_command},
    Bench{"sweep", "what a sweep costs beside its trials: trials that sleep", run_sweep_bench_command},
};

std::string bench_list() {
  std::string text;
  for (const Bench& bench : kBenches) text += fmt::format("  {:<10}  {}\n", bench.name, bench.summary);
  return text + "`hpctrain bench step --help` and the like explain their flags.\n";
}

}  // namespace

int run_bench_command(const Arguments& arguments) {
  const auto found = std::find_if(kBenches.begin(), kBenches.end(),
                                  [&](const Bench& bench) { return !arguments.empty() && bench.name == arguments[0]; });
  if (found != kBenches.end()) return found->run(Arguments(arguments.begin() + 1, arguments.end()));
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h")) throw config::HelpRequest{bench_list()};
  std::string names;
  for (const Bench& bench : kBenches)
    names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", bench.name, bench.summary);
  throw Error(Fault::usage, "bench needs what to measure: " + names);
}

}  // namespace hpctrain::apps
