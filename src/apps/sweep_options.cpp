// Sweeps.
#include "apps/option_groups.hpp"

namespace hpctrain::apps {

using config::option;
using config::OptionTable;

void add_sweep_options(OptionTable& table, Settings& settings) {
  auto& sweep = settings.sweep;
  table.add_section("sweep", "Sweeps (hpctrain sweep)");
  table.add(
      option(sweep.method, "sweep", "method")
          .choices({{"grid", sweep::Method::grid}, {"random", sweep::Method::random}, {"tpe", sweep::Method::tpe}})
          .help("How trials are chosen: every combination, random points, or where good trials lie (TPE)"));
  table.add(option(sweep.ranks_per_trial, "sweep", "ranks-per-trial")
                .at_least(1)
                .unit("ranks")
                .help("Ranks that train one trial together; the job's ranks form as many groups as fit"));
  table.add(option(sweep.metric, "sweep", "metric")
                .help("What decides, of the validation split, else of the first test split: top1, loss, mre_mm, …; "
                      "empty: top1, for landmarks mre_mm"));
  table.add(option(sweep.trials, "sweep", "trials").at_least(1).help("Trials of the methods random and tpe"));
  table.add(option(sweep.seed, "sweep", "seed").help("Decides the points of the methods random and tpe"));
  table.add(option(sweep.paired, "sweep", "paired")
                .help("Axes that move together, first value with first value, separated by spaces"));
  table.add(option(sweep.attempts, "sweep", "attempts")
                .at_least(1)
                .help("Starts of one trial that end with the whole job, before it counts as failed"));
  table.add(option(sweep.dry_run, "sweep", "dry-run").help("Print the trials and groups, and run nothing"));
}

}  // namespace hpctrain::apps
