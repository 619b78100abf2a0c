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
  table.add(option(sweep.malleable, "sweep", "malleable")
                .help("Ranks for which no trial is left join those that still train, at the end of an epoch that is "
                      "evaluated, where that saves time; with train.micro-shards results have the same bits"));
  table.add(option(sweep.metric, "sweep", "metric")
                .help("What decides, of the validation split, else of the first test split: top1, loss, mre_mm, …; "
                      "empty: top1, for landmarks mre_mm, for contrastive probe_top1"));
  table.add(option(sweep.trials, "sweep", "trials").at_least(1).help("Trials of the methods random and tpe"));
  table.add(option(sweep.seed, "sweep", "seed").help("Decides the points of the methods random and tpe"));
  table.add(option(sweep.paired, "sweep", "paired")
                .help("Axes that move together, first value with first value (zip), separated by spaces: optim.lr "
                      "train.batch"));
  table.add(option(sweep.scheduler, "sweep", "scheduler")
                .choices({{"none", sweep::SchedulerKind::none},
                          {"asha", sweep::SchedulerKind::asha},
                          {"median", sweep::SchedulerKind::median}})
                .help("Which trials are stopped before their last epoch. asha: at epochs sweep.min-epochs × "
                      "sweep.reduction^k, those that are not among the best of all seen there; median: those whose "
                      "best score is worse than what half of the others had on average up to the same epoch"));
  table.add(option(sweep.reduction, "sweep", "reduction")
                .at_least(2)
                .help("scheduler asha: one in so many trials goes on past a rung"));
  table.add(option(sweep.min_epochs, "sweep", "min-epochs")
                .at_least(1)
                .unit("epochs")
                .help("No trial is stopped before; the first rung of asha"));
  table.add(option(sweep.brackets, "sweep", "brackets")
                .between(1, 20)
                .help("scheduler asha: brackets of Hyperband; trials of each are first judged sweep.reduction times "
                      "later than those of the one before, and only beside their own. With method tpe: BOHB's scheme"));
  table.add(option(sweep.attempts, "sweep", "attempts")
                .at_least(1)
                .help("Starts of one trial that end with the whole job and leave no newer checkpoint, before it counts "
                      "as failed"));
  table.add(option(sweep.dry_run, "sweep", "dry-run")
                .help("Print the trials in the order in which they are dealt (of tpe those that it begins with), the "
                      "groups and, "
                      "where run.out holds trials that are done, how long the others will take; run nothing"));
}

}  // namespace hpctrain::apps
