#include "train/run_recorder.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>
#include <cstdio>

#include "core/digest.hpp"
#include "core/integer_division.hpp"
#include "core/log.hpp"
#include "train/memory_report.hpp"

namespace hpctrain::train {
namespace {

using monitor::Phase;
using monitor::PhaseSeconds;

monitor::MetricsPosition position_of(const Progress& progress) {
  return {.step = progress.step, .epoch = epoch_of_last_step(progress)};
}

double data_wait_share(const PhaseSeconds& phases) {
  return phases.training() > 0 ? phases[Phase::data_wait] / phases.training() : 0;
}

double samples_per_second(std::uint64_t samples, const PhaseSeconds& phases) {
  return phases.training() > 0 ? static_cast<double>(samples) / phases.training() : 0;
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
      progress_line_(monitor::ProgressSettings::for_stderr(settings.quiet || !settings.is_active)),
      verdicts_(settings.facts) {
  if (settings.is_active) diary_.emplace(settings.run_folder, settings.diary);
}

void RunRecorder::record_start(const Progress& progress, const monitor::RunEvent& event) {
  if (diary_) diary_->record(position_of(progress), event);
}

void RunRecorder::record_step(const Progress& progress, const StepReport& report, const PhaseSeconds& phases,
                              std::uint64_t ready_batches) {
  end_pending_step();
  samples_ += report.batch.count;
  ++steps_;
  window_.record(report.batch.count, phases.training());
  if (!diary_) return;
  const bool has_line = progress.step % settings_.every_steps == 0 || report.batch.ends_epoch;
  pending_ = PendingStep{progress, report, window_.samples_per_second(), phases, has_line, ready_batches};
  show_progress(progress, report.batch.ends_epoch);
}

void RunRecorder::end_pending_step() {
  if (!pending_) return;
  const StepReport& report = pending_->report;
  last_loss_ = report.loss.item<double>();
  chain_ = extend_chain(chain_, pending_->progress.step, last_loss_);
  if (report.update.skipped_updates.defined()) {
    skipped_updates_ = static_cast<std::uint64_t>(report.update.skipped_updates.item<float>());
  }
  if (pending_->has_line) {
    write_line(*pending_);
    without_line_.reset();
  } else {
    without_line_ = pending_;
  }
  pending_.reset();
}

void RunRecorder::write_line(const PendingStep& pending) {
  const StepReport& report = pending.report;
  const PhaseSeconds phases = pending.phases.since(phases_at_last_line_);
  phases_at_last_line_ = pending.phases;
  diary_->record(position_of(pending.progress),
                 monitor::StepEvent{.loss = last_loss_,
                                    .lr = report.lr,
                                    .samples_per_second = pending.samples_per_second,
                                    .data_wait_share = data_wait_share(phases),
                                    .phases = phases,
                                    .ready_batches = pending.ready_batches,
                                    .gradient_norm = read_if_defined(report.update.gradient_norm),
                                    .loss_scale = read_if_defined(report.update.loss_scale),
                                    .skipped_updates = skipped_updates_});
}

void RunRecorder::flush_step() {
  end_pending_step();
  keep_lines();
}

void RunRecorder::keep_lines() {
  if (diary_) diary_->finish();
}

void RunRecorder::record_epoch(const Progress& progress, std::span<const monitor::RankLedger> ledgers,
                               const nlohmann::json& memory) {
  if (!diary_) return;
  end_pending_step();
  const PhaseSeconds phases = monitor::mean_phases(ledgers);
  const PhaseSeconds of_epoch = phases.since(at_last_epoch_.phases);
  const double rate = samples_per_second(samples_ - at_last_epoch_.samples, of_epoch);
  at_last_epoch_ = {samples_, phases};
  const auto most = std::max_element(ledgers.begin(), ledgers.end(),
                                     [](const auto& a, const auto& b) { return a.resident_bytes < b.resident_bytes; });
  const auto since = ledgers_since_last_epoch(ledgers);
  diary_->record(position_of(progress),
                 monitor::EpochEvent{rate, of_epoch, most->resident_bytes, memory, monitor::summarize_gpus(since),
                                     monitor::mean_device_phases(since)});
  if (const auto verdict = verdicts_.close_epoch(ledgers, steps_)) {
    record_verdict(progress, "epoch", *verdict);
    say_if_new(progress, *verdict);
  }
}

std::vector<monitor::RankLedger> RunRecorder::ledgers_since_last_epoch(std::span<const monitor::RankLedger> ledgers) {
  std::vector<monitor::RankLedger> of_epoch(ledgers.begin(), ledgers.end());
  for (std::size_t rank = 0; rank < ledgers_at_last_epoch_.size(); ++rank) {
    of_epoch[rank] = ledgers[rank].since(ledgers_at_last_epoch_[rank]);
  }
  ledgers_at_last_epoch_.assign(ledgers.begin(), ledgers.end());
  return of_epoch;
}

void RunRecorder::record_verdict(const Progress& progress, const char* scope, const monitor::Verdict& verdict) {
  monitor::VerdictEvent event{.text = verdict.text(), .details = monitor::to_json(verdict)};
  event.details["scope"] = scope;
  diary_->record(position_of(progress), event);
}

/// Each epoch says the same for hours; a person needs to hear it once.
void RunRecorder::say_if_new(const Progress& progress, const monitor::Verdict& verdict) {
  if (settings_.quiet) return;
  if (said_ && said_->cause == verdict.cause && said_->rank == verdict.rank) return;
  log_info("epoch {}: {}", epoch_of_last_step(progress) + 1, verdict.text());
  said_ = verdict;
}

void RunRecorder::show_progress(const Progress& progress, bool epoch_ended) {
  const std::uint64_t epoch = epoch_of_last_step(progress);
  const std::uint64_t epochs = divide_up(settings_.length.total_steps, settings_.length.steps_per_epoch);
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
  if (!diary_) return;
  end_pending_step();
  diary_->record(position_of(progress), monitor::EvalEvent{report.split, report.metrics});
  results_[report.split] = {report.split, report.metrics};
  tables_[report.split] = report.tables;
  if (settings_.quiet) return;
  std::string text;
  for (const auto& [name, value] : report.metrics) text += "  " + name + " " + monitor::format_metric(name, value);
  log_info("{} after epoch {} (step {}, {} samples):{}", report.split, epoch_of_last_step(progress) + 1, progress.step,
           report.samples, text);
}

void RunRecorder::record_pictures(const Progress& progress, const std::vector<monitor::Picture>& pictures) {
  if (diary_) diary_->show(position_of(progress), pictures);
}

void RunRecorder::record_histograms(const Progress& progress,
                                    const std::function<std::vector<monitor::Histogram>()>& measure) {
  if (diary_ && diary_->has_tensorboard()) diary_->show(position_of(progress), measure());
}

void RunRecorder::record_checkpoint(const Progress& progress, const monitor::CheckpointEvent& event) {
  if (!diary_) return;
  end_pending_step();
  diary_->record(position_of(progress), event);
}

void RunRecorder::record_verdict(const Progress& progress, const std::string& text) {
  if (!diary_) return;
  end_pending_step();
  diary_->record(position_of(progress), monitor::VerdictEvent{.text = text});
}

void RunRecorder::record_rung(const Progress& progress, const RungReport& report) {
  note_rung(report.description);
  if (!diary_) return;
  end_pending_step();
  const nlohmann::json memory = {{"rank", report.rank},
                                 {"host", report.host},
                                 {"pieces", report.rung.pieces},
                                 {"samples_at_once", report.samples_at_once},
                                 {"recomputes", report.rung.recomputes}};
  diary_->record(position_of(progress), monitor::VerdictEvent{.text = report.text, .details = {{"memory", memory}}});
}

void RunRecorder::record_end(const Progress& progress, const std::string& reason, const std::string& state_digest,
                             const nlohmann::json& data_traffic, std::span<const monitor::RankLedger> ledgers,
                             const nlohmann::json& memory) {
  if (!diary_) return;
  end_pending_step();
  if (without_line_) write_line(*without_line_);
  const auto verdict = verdicts_.close_run(ledgers, steps_);
  if (verdict) record_verdict(progress, "run", *verdict);
  const PhaseSeconds phases = monitor::mean_phases(ledgers);
  monitor::EndEvent event{.reason = reason,
                          .samples_per_second = samples_per_second(samples_, phases),
                          .data_wait_share = data_wait_share(phases),
                          .phases = phases,
                          .state_digest = state_digest,
                          .best_metrics = {},
                          .data = data_traffic,
                          .memory = memory,
                          .gpus = monitor::summarize_gpus(ledgers),
                          .device_phases = monitor::mean_device_phases(ledgers)};
  for (const auto& [split, result] : results_) {
    for (const auto& [name, value] : result.metrics) event.best_metrics[split + "_" + name] = value;
  }
  if (settings_.augment_seconds) event.augment_seconds = settings_.augment_seconds();
  diary_->record(position_of(progress), event);
  if (!settings_.quiet) print_summary(progress, event, verdict ? verdict->text() : std::string());
}

void RunRecorder::print_summary(const Progress& progress, const monitor::EndEvent& event,
                                const std::string& verdict) const {
  monitor::RunSummary summary;
  summary.reason = event.reason;
  summary.steps = progress.step;
  summary.epochs = progress.cursor.epoch;
  summary.samples = samples_;
  summary.skipped_updates = skipped_updates_;
  summary.samples_per_second = event.samples_per_second;
  summary.wall_seconds = diary_->seconds();
  summary.phases = event.phases;
  summary.device_phases = event.device_phases;
  if (event.gpus) summary.gpus = monitor::describe_gpus(*event.gpus);
  summary.verdict = verdict;
  summary.augment_seconds = event.augment_seconds;
  summary.memory = describe_memory(event.memory);
  if (!rung_text_.empty()) summary.memory += "; it ran out: " + rung_text_ + " since";
  for (const auto& [split, result] : results_) summary.results.push_back(result);
  summary.run_folder = settings_.run_folder;
  for (const auto& [split, table] : tables_) std::fputs(("\n" + split + "\n" + table).c_str(), stdout);
  std::fputs(("\n" + monitor::make_summary_text(summary)).c_str(), stdout);
}

}  // namespace hpctrain::train
