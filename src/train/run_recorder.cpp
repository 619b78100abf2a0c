#include "train/run_recorder.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <cstdio>

#include "core/digest.hpp"
#include "core/log.hpp"

namespace hpctrain::train {
namespace {

using monitor::Phase;
using monitor::PhaseSeconds;

monitor::MetricsPosition position_of(const Progress& progress) {
  return {.step = progress.step, .epoch = epoch_of_last_step(progress)};
}

double training_seconds(const PhaseSeconds& phases) {
  return phases.total() - phases[Phase::evaluation] - phases[Phase::checkpoint];
}

/// xxh3-128 over the digest so far, the step (u64) and the loss (f64), little-endian.
std::string extend_chain(const std::string& chain, std::uint64_t step, double loss) {
  return Xxh3_128()
      .update(bytes_of(chain))
      .update(std::as_bytes(std::span(&step, 1)))
      .update(std::as_bytes(std::span(&loss, 1)))
      .hex();
}

std::optional<double> read_if_defined(const torch::Tensor& scalar) {
  return scalar.defined() ? std::optional(scalar.item<double>()) : std::nullopt;
}

}  // namespace

std::uint64_t epoch_of_last_step(const Progress& progress) {
  const bool stands_at_start = progress.cursor.position == 0 && progress.cursor.epoch > 0;
  return progress.cursor.epoch - (stands_at_start ? 1 : 0);
}

RunRecorder::RunRecorder(const Settings& settings)
    : settings_(settings),
      progress_line_(monitor::ProgressSettings::for_stderr(settings.quiet || !settings.is_active)) {
  if (settings.is_active) metrics_.emplace(settings.run_folder);
}

void RunRecorder::record_start(const Progress& progress, const monitor::RunEvent& event) {
  if (metrics_) metrics_->record(position_of(progress), event);
}

void RunRecorder::record_step(const Progress& progress, const StepReport& report, const PhaseSeconds& phases,
                              std::uint64_t ready_batches) {
  flush_step();
  samples_ += report.batch.count;
  ++steps_;
  window_.record(report.batch.count);
  const PhaseSeconds step_phases = phases.since(phases_at_last_step_);
  phases_at_last_step_ = phases;
  if (!metrics_) return;
  const double seconds = training_seconds(step_phases);
  pending_ = PendingStep{progress,
                         report,
                         window_.samples_per_second(),
                         seconds > 0 ? step_phases[Phase::data_wait] / seconds : 0,
                         step_phases[Phase::data_wait],
                         ready_batches};
  show_progress(progress, report.batch.ends_epoch);
}

void RunRecorder::flush_step() {
  if (!pending_) return;
  const StepReport& report = pending_->report;
  last_loss_ = report.loss.item<double>();
  chain_ = extend_chain(chain_, pending_->progress.step, last_loss_);
  if (report.update.skipped_updates.defined()) {
    skipped_updates_ = static_cast<std::uint64_t>(report.update.skipped_updates.item<float>());
  }
  metrics_->record(position_of(pending_->progress),
                   monitor::StepEvent{.loss = last_loss_,
                                      .lr = report.lr,
                                      .samples_per_second = pending_->samples_per_second,
                                      .data_wait_share = pending_->data_wait_share,
                                      .data_wait_seconds = pending_->data_wait_seconds,
                                      .ready_batches = pending_->ready_batches,
                                      .gradient_norm = read_if_defined(report.update.gradient_norm),
                                      .loss_scale = read_if_defined(report.update.loss_scale),
                                      .skipped_updates = skipped_updates_});
  pending_.reset();
}

void RunRecorder::show_progress(const Progress& progress, bool epoch_ended) {
  const std::uint64_t epoch = epoch_of_last_step(progress);
  const std::uint64_t epochs =
      (settings_.length.total_steps + settings_.length.steps_per_epoch - 1) / settings_.length.steps_per_epoch;
  monitor::ProgressReport report;
  report.label = fmt::format("epoch {}/{}", epoch + 1, epochs);
  report.done = epoch_ended ? settings_.samples_per_epoch : progress.cursor.position;
  report.total = settings_.samples_per_epoch;
  report.per_second = window_.samples_per_second();
  report.note = fmt::format("loss {:.4f}", last_loss_);
  if (epoch_ended) {
    progress_line_.finish(report);
  } else {
    progress_line_.update(report);
  }
}

void RunRecorder::record_evaluation(const Progress& progress, const EvaluationReport& report) {
  if (!metrics_) return;
  flush_step();
  metrics_->record(position_of(progress), monitor::EvalEvent{report.split, report.metrics});
  results_[report.split] = {report.split, report.metrics};
  tables_[report.split] = report.tables;
  std::string text;
  for (const auto& [name, value] : report.metrics) text += "  " + name + " " + monitor::format_metric(name, value);
  log_info("{} after epoch {} (step {}, {} samples):{}", report.split, epoch_of_last_step(progress) + 1, progress.step,
           report.samples, text);
}

void RunRecorder::record_checkpoint(const Progress& progress, const monitor::CheckpointEvent& event) {
  if (!metrics_) return;
  flush_step();
  metrics_->record(position_of(progress), event);
}

void RunRecorder::record_verdict(const Progress& progress, const std::string& text) {
  if (!metrics_) return;
  flush_step();
  metrics_->record(position_of(progress), monitor::VerdictEvent{.text = text});
}

double RunRecorder::training_samples_per_second(const PhaseSeconds& phases) const {
  const double seconds = training_seconds(phases);
  return seconds > 0 ? static_cast<double>(samples_) / seconds : 0;
}

void RunRecorder::record_end(const Progress& progress, const std::string& reason, const std::string& state_digest,
                             const DataUse& data, const PhaseSeconds& phases) {
  if (!metrics_) return;
  flush_step();
  monitor::EndEvent event{.reason = reason,
                          .samples_per_second = training_samples_per_second(phases),
                          .data_wait_share = data.wait_share,
                          .state_digest = state_digest,
                          .best_metrics = {},
                          .data = data.traffic};
  for (const auto& [split, result] : results_) {
    for (const auto& [name, value] : result.metrics) event.best_metrics[split + "_" + name] = value;
  }
  if (settings_.augment_seconds) event.augment_seconds = settings_.augment_seconds();
  metrics_->record(position_of(progress), event);

  monitor::RunSummary summary;
  summary.reason = reason;
  summary.steps = progress.step;
  summary.epochs = progress.cursor.epoch;
  summary.samples = samples_;
  summary.skipped_updates = skipped_updates_;
  summary.samples_per_second = event.samples_per_second;
  summary.wall_seconds = metrics_->seconds();
  summary.phases = phases;
  summary.augment_seconds = event.augment_seconds;
  for (const auto& [split, result] : results_) summary.results.push_back(result);
  summary.run_folder = settings_.run_folder;
  if (settings_.quiet) return;
  for (const auto& [split, table] : tables_) std::fputs(("\n" + split + "\n" + table).c_str(), stdout);
  std::fputs(("\n" + monitor::make_summary_text(summary)).c_str(), stdout);
}

}  // namespace hpctrain::train
