#include "train/trainer.hpp"

#include "comm/affinity.hpp"
#include "comm/agree.hpp"
#include "monitor/rank_ledger.hpp"
#include "train/data_traffic.hpp"
#include "train/histograms.hpp"
#include "train/replica_check.hpp"

namespace hpctrain::train {
namespace {

using monitor::Phase;
using monitor::PhaseTimer;

std::string end_reason(StopReason reason) {
  if (reason == StopReason::finished) return "finished";
  return (is_complete(reason) ? "" : "stopped: ") + std::string(stop_reason_name(reason));
}

}  // namespace

StopReason Trainer::run(Progress progress) {
  ranges_.emplace(parts_.clock);
  parts_.clock.switch_to(Phase::other);
  progress_ = progress;
  first_step_ = progress.step;
  since_start_ = Stopwatch();
  disk_bytes_before_ = disk_read_bytes();
  parts_.feed.seek(progress_.cursor);
  std::optional<StopReason> stop;
  if (parts_.early_stopping.is_over()) stop = StopReason::early_stop;
  if (progress_.step >= parts_.length.total_steps) stop = StopReason::finished;
  while (!stop) {
    make_step();
    stop = pass_boundary();
  }
  parts_.tracer.finish();
  if (is_complete(*stop)) evaluate_at_end();
  ranges_.reset();
  const checkpoint::TrainingState state = whole_state();
  // Rank zero writes it; nobody else has the whole state.
  const std::string digest = parts_.group.is_leader() ? checkpoint::state_digest(state) : "";
  const nlohmann::json traffic = sum_data_traffic();
  const auto ledgers = gather_ledgers();
  parts_.recorder.record_end(progress_, end_reason(*stop), digest, traffic, ledgers, parts_.memory.gather());
  return *stop;
}

std::optional<StopReason> Trainer::pass_boundary() {
  if (epoch_ended_) {
    const auto ledgers = gather_ledgers();
    parts_.recorder.record_epoch(progress_, ledgers, parts_.memory.gather());
  }
  const std::uint32_t news = parts_.saver.has_news() ? kSettleWish : 0;
  const BoundaryDecision decision = parts_.boundary.decide(progress_, epoch_ended_, news);
  if (decision.settle) parts_.saver.settle(false);
  if (decision.evaluate || decision.save || decision.stop) require_sound();
  if (decision.check) require_equal_replicas(parts_.group, parts_.state, progress_.step);
  const std::optional<StopReason> stop = decision.evaluate ? evaluate_at_boundary(decision) : decision.stop;
  if (decision.save) save(stop.has_value());
  return stop;
}

/// The judge is asked even where the run stops for another reason: it may go on past this evaluation, and would not
/// come by again.
std::optional<StopReason> Trainer::evaluate_at_boundary(const BoundaryDecision& decision) {
  std::optional<StopReason> stop = decision.stop;
  Judgement judgement = Judgement::go_on;
  if (parts_.measures_histograms) {
    const PhaseTimer timer(parts_.clock, Phase::evaluation);
    // The gradients are those of the last step: the next one clears them.
    parts_.recorder.record_histograms(progress_, [this] { return measure_histograms(parts_.state.parameters); });
  }
  if (parts_.watched) {
    const EvaluationReport report = evaluate(*parts_.watched);
    if (parts_.judge && stop != StopReason::finished) judgement = parts_.judge(progress_, report, pace());
  }
  if (judgement == Judgement::end) stop = StopReason::sweep;
  const bool may_end_early = !stop && parts_.early_stopping.is_on();
  if (may_end_early && parts_.boundary.agree_to_end(parts_.early_stopping.is_over())) stop = StopReason::early_stop;
  if (!stop && judgement == Judgement::pause) stop = StopReason::regroup;
  if (stop == StopReason::sweep || stop == StopReason::regroup) parts_.boundary.finish();
  return stop;
}

RunPace Trainer::pace() const {
  const double seconds = since_start_.seconds();
  return {.trained_seconds = seconds,
          .seconds_per_step = seconds / static_cast<double>(progress_.step - first_step_),
          .steps_left = parts_.length.total_steps - progress_.step,
          .save_seconds = parts_.boundary.longest_save_seconds()};
}

/// Nothing is scored, saved or reported that a ruined network or a shard rewritten under its reader had part in.
void Trainer::require_sound() {
  loss_guard_.require_sound();
  comm::run_agreed(parts_.group, [this] { parts_.feed.require_unchanged_shards(); });
}

void Trainer::make_step() {
  const Stopwatch watch;
  parts_.tracer.begin_step(progress_.step + 1);
  const StepReport report = parts_.step.run(progress_);
  progress_.step += 1;
  progress_.cursor = report.batch.next;
  epoch_ended_ = report.batch.ends_epoch;
  parts_.recorder.record_step(progress_, report, parts_.clock.seconds(), parts_.feed.counters().ready_batches);
  loss_guard_.watch(progress_.step, report.loss, report.update.is_skipped);
  parts_.boundary.note_step(watch.seconds());
  parts_.clock.finish_step(progress_.step);
  ranges_->finish_step(progress_.step);
  parts_.tracer.end_step(progress_.step);
  parts_.memory.finish_step(progress_.step);
}

EvaluationReport Trainer::score(const std::string& split) {
  const WeightAverage::Scope averaged(parts_.update.average());
  BatchObserver observer;
  if (parts_.watch != nullptr) {
    observer = [this](const torch::Tensor& outputs, const tasks::Batch& batch) { parts_.watch->see(outputs, batch); };
  }
  return parts_.evaluator.run(split, observer);
}

EvaluationReport Trainer::evaluate(const std::string& split) {
  const PhaseTimer timer(parts_.clock, Phase::evaluation);
  parts_.memory.phases().enter(Phase::evaluation);
  const Stopwatch watch;
  const EvaluationReport report = score(split);
  parts_.memory.phases().enter(Phase::other);
  parts_.recorder.record_evaluation(progress_, report);
  if (parts_.watch != nullptr) parts_.recorder.record_pictures(progress_, parts_.watch->finish(split));
  parts_.boundary.note_evaluation(watch.seconds());
  if (split != parts_.watched) return report;
  evaluated_step_ = progress_.step;
  if (!parts_.watched_decides_best) return report;
  quality_ = report.quality;
  if (progress_.step < parts_.length.total_steps) parts_.early_stopping.note(report.quality);
  return report;
}

void Trainer::evaluate_at_end() {
  for (const auto& split : parts_.splits) {
    const bool is_fresh = split == parts_.watched && evaluated_step_ == progress_.step;
    if (!is_fresh) evaluate(split);
  }
}

void Trainer::save(bool is_last) {
  const PhaseTimer timer(parts_.clock, Phase::checkpoint);
  parts_.recorder.flush_step();
  const checkpoint::CheckpointRecord record = make_record();
  const checkpoint::TrainingState state = whole_state();
  is_last ? parts_.saver.save_last(state, record) : parts_.saver.save(state, record);
}

/// As checkpoints hold it; whole on rank zero. Collective over the group.
checkpoint::TrainingState Trainer::whole_state() const {
  checkpoint::TrainingState state = parts_.state;
  if (parts_.state_shards != nullptr) state.optimizer = parts_.state_shards->gather();
  return state;
}

checkpoint::CheckpointRecord Trainer::make_record() const {
  checkpoint::CheckpointRecord record;
  record.step = progress_.step;
  record.steering = parts_.steering;
  record.steering["progress"] = progress_to_json(progress_);
  record.steering["chain"] = parts_.recorder.chain();
  record.steering["update"] = parts_.update.steering();
  record.steering["memory"] = parts_.memory.ladder().to_json();
  record.steering["early_stopping"] = parts_.early_stopping.to_json();
  record.config_digest = parts_.config_digest;
  if (evaluated_step_ == progress_.step) record.metric = quality_;
  return record;
}

/// Since the start, by rank; collective over the group.
std::vector<monitor::RankLedger> Trainer::gather_ledgers() {
  monitor::RankLedger mine{.phases = parts_.clock.seconds(),
                           .processors = monitor::read_processor_seconds("/proc/self/task"),
                           .cpus = static_cast<double>(comm::read_affinity().size()),
                           .resident_bytes = static_cast<double>(monitor::read_resident_bytes())};
  if (parts_.gpu != nullptr) mine.gpu = parts_.gpu->use();
  if (parts_.device_phases != nullptr) mine.device_phases = parts_.device_phases->seconds();
  std::vector<monitor::RankLedger> all(static_cast<std::size_t>(parts_.group.size()));
  parts_.group.all_gather(std::as_bytes(std::span(&mine, 1)), std::as_writable_bytes(std::span(all)));
  return all;
}

/// Of this start; collective over the group.
nlohmann::json Trainer::sum_data_traffic() {
  auto disk_bytes = static_cast<double>(disk_read_bytes() - disk_bytes_before_);
  parts_.group.all_reduce({&disk_bytes, 1, comm::ElementType::f64}, comm::ReduceOp::sum);
  DataTraffic training, evaluation = parts_.evaluator.traffic();
  training.add(parts_.feed.counters());
  for (DataTraffic* traffic : {&training, &evaluation}) traffic->sum_over(parts_.group);
  return {{"training", training.to_json()},
          {"evaluation", evaluation.to_json()},
          {"disk_read_bytes", static_cast<std::uint64_t>(disk_bytes)}};
}

}  // namespace hpctrain::train
