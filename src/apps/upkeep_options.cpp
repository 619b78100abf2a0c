// Evaluation, checkpoints, run directory.
#include "apps/option_groups.hpp"
#include "monitor/step_trace.hpp"

namespace hpctrain::apps {

using config::option;
using config::OptionTable;

namespace {

std::optional<std::string> complain_of_range(const std::string& text) {
  if (text.empty() || monitor::read_step_range(text)) return std::nullopt;
  return "takes two steps in order, counted from 1 and at most 1,000 of them: 100:110";
}

void add_monitor_options(OptionTable& table, train::MonitorSettings& monitor) {
  table.add_section("monitor", "What a run says about itself");
  table.add(option(monitor.writes_tensorboard, "monitor", "tensorboard")
                .help("Write events.out.tfevents.* into the run directory, for TensorBoard"));
  table.add(
      option(monitor.histograms, "monitor", "histograms")
          .help("For TensorBoard: how weights and gradients of each layer are distributed, after every evaluation "
                "while training; takes two passes over the parameters"));
  table.add(option(monitor.pictures, "monitor", "pictures")
                .at_most(100)
                .help("Landmarks and classification: so many of the samples answered worst, of the first 64 that rank "
                      "zero scores, are drawn at every evaluation, for report.html and TensorBoard. 0: none, and none "
                      "in sweeps"));
  table.add(
      option(monitor.metrics_every_steps, "monitor", "metrics-every-steps")
          .at_least(1)
          .unit("steps")
          .help("A line of metrics.jsonl for every so many steps, for the last of an epoch and of the run; its times "
                "are those of all steps since the line before"));
  table.add(option(monitor.metrics_mib, "monitor", "metrics-mib")
                .at_least(1)
                .at_most(1024 * 1024)
                .unit("MiB")
                .help("The most that the lines take: at half of it metrics.jsonl becomes metrics-before.jsonl, and the "
                      "one that was called so goes"));
  table.add(option(monitor.trace, "monitor", "trace")
                .unit("steps")
                .check(complain_of_range)
                .help("Record what every rank does during these steps, FIRST:LAST, operators included, as trace.json "
                      "for Perfetto. Empty: none"));
}

}  // namespace

void add_upkeep_options(OptionTable& table, Settings& settings) {
  auto& run = settings.run;
  table.add_section("eval", "Evaluation");
  table.add(option(run.evaluation.every_epochs, "eval", "every-epochs")
                .unit("epochs")
                .help("How often the validation split (else the first test split) is scored; 0: at the end only"));
  table.add(option(run.evaluation.max_samples, "eval", "max-samples")
                .at_least(1)
                .unit("samples")
                .common()
                .help("Score only the first so many samples of a split"));
  table.add(option(run.evaluation.patience, "eval", "patience")
                .at_least(1)
                .unit("evaluations")
                .common()
                .help("End the run after so many evaluations in a row without gain on the validation split"));
  table.add(option(run.evaluation.min_delta, "eval", "min-delta")
                .at_least(0)
                .common()
                .help("eval.patience: what the deciding metric must win by to count as a gain"));
  table.add(
      option(run.evaluation.mirror, "eval", "mirror")
          .common()
          .help("Classification: answer every image by the mean over it and its mirror image; takes twice as long"));
  table.add(option(run.contrastive.probe_samples, "eval", "probe-samples")
                .unit("samples")
                .common()
                .help("Contrastive: labelled samples that a linear probe is fitted on and neighbours are sought among, "
                      "at every evaluation; the same ones for every run. 0: no scores"));
  table.add(option(run.contrastive.probe_split, "eval", "probe-split")
                .common()
                .help("Contrastive: the split of those samples; it is not scored itself"));
  table.add_section("checkpoint", "Checkpoints");
  table.add(option(run.cadence.checkpoint_every_steps, "checkpoint", "every-steps")
                .unit("steps")
                .help("Save after so many steps; 0: not by steps. Every evaluation saves as well"));
  table.add(option(run.cadence.checkpoint_every_minutes, "checkpoint", "every-minutes")
                .at_least(0)
                .unit("minutes")
                .help("Save after so many minutes; 0: not by time"));
  table.add(option(run.checkpoint.keep, "checkpoint", "keep")
                .at_least(1)
                .help("Newest checkpoints to keep; the best one is kept besides"));
  table.add(option(run.checkpoint.keep_every_steps, "checkpoint", "keep-every-steps")
                .unit("steps")
                .help("Keep the first checkpoint of every so many steps for good; 0: none"));
  table.add(option(run.checkpoint.is_async, "checkpoint", "async")
                .help("Write checkpoints while training goes on; the last one of a start is always waited for"));
  add_monitor_options(table, run.monitor);
  table.add_section("run", "Run directory and output");
  table.add(option(settings.out, "run", "out")
                .alias("out")
                .help("Run directory; one that holds a run is resumed. Empty: a fresh folder under runs/"));
  table.add(
      option(run.wall_time.job_end_unix, "run", "job-end-unix")
          .above(0)
          .unit("seconds since 1970")
          .help("When the scheduler ends the job; the run stops with a checkpoint in time. Job scripts ask Slurm"));
  table.add(
      option(run.wall_time.stop_margin_seconds, "run", "stop-margin-seconds")
          .at_least(0)
          .unit("seconds")
          .help("Kept free before the job's end, besides the measured times of a step, an evaluation and a save"));
  table.add(option(run.audit, "run", "audit").help("Write audit/rank-NNNNN.jsonl: the sample ids of every step"));
  table.add(option(run.quiet, "run", "quiet").help("Warnings and errors only"));
}

}  // namespace hpctrain::apps
