#include "train/run_saver.hpp"

#include <fmt/format.h>

#include "core/clock.hpp"
#include "core/log.hpp"

namespace hpctrain::train {
namespace {

using checkpoint::CheckpointRecord;
using checkpoint::SaveReport;
using checkpoint::TrainingState;
using checkpoint::WhenBusy;

constexpr int kFailedSavesUntilStop = 3;

}  // namespace

void RunSaver::save(const TrainingState& state, const CheckpointRecord& record) {
  parts_.recorder.flush_step();
  parts_.boundary.note_save_started();
  if (!parts_.is_async) return save_now(state, record);
  const auto when_busy = record.metric ? WhenBusy::wait : WhenBusy::skip;
  const bool is_started = parts_.checkpoints.start_save(state, record, when_busy);
  // Rank zero may have to wait for the disk: all do in this phase, which is given time for that.
  if (when_busy == WhenBusy::wait) parts_.group.barrier();
  if (is_started) return;
  ++skipped_;
  parts_.recorder.record_verdict(
      progress_from_json(record.steering.at("progress")),
      fmt::format("checkpoint of step {} skipped: those before it are still being written ({} skipped so far); save "
                  "less often or to a faster disk",
                  record.step, skipped_));
}

void RunSaver::save_last(const TrainingState& state, const CheckpointRecord& record) {
  parts_.recorder.flush_step();
  settle(true);
  const Stopwatch watch;
  const auto folder = parts_.checkpoints.save(state, record);
  SaveReport report{record.step, record.steering, folder, watch.seconds(), 0, std::nullopt};
  if (parts_.group.is_leader()) report.bytes = checkpoint::checkpoint_bytes(parts_.files, folder);
  record_success(report);
}

void RunSaver::settle(bool waits_for_all) {
  for (const SaveReport& report : parts_.checkpoints.settle(waits_for_all)) {
    report.failure ? record_failure(report) : record_success(report);
  }
}

void RunSaver::save_now(const TrainingState& state, const CheckpointRecord& record) {
  const Stopwatch watch;
  SaveReport report{record.step, record.steering, {}, 0, 0, std::nullopt};
  try {
    report.folder = parts_.checkpoints.save(state, record);
  } catch (const Error& error) {
    if (!error.is_agreed()) throw;
    report.failure = error;
  }
  report.seconds = watch.seconds();
  if (report.failure) return record_failure(report);
  if (parts_.group.is_leader()) report.bytes = checkpoint::checkpoint_bytes(parts_.files, report.folder);
  record_success(report);
}

void RunSaver::record_success(const SaveReport& report) {
  failures_in_a_row_ = 0;
  newest_checkpoint_ = report.folder.lexically_relative(parts_.run_folder).string();
  monitor::CheckpointEvent event;
  event.save_seconds = report.seconds;
  event.bytes = report.bytes;
  event.path = *newest_checkpoint_;
  event.chain = report.steering.value("chain", "");
  parts_.recorder.record_checkpoint(progress_from_json(report.steering.at("progress")), event);
  parts_.boundary.note_save(report.seconds);
}

void RunSaver::record_failure(const SaveReport& report) {
  if (report.failure->fault() != Fault::storage || ++failures_in_a_row_ >= kFailedSavesUntilStop) {
    throw *report.failure;
  }
  const std::string text = fmt::format("checkpoint of step {} failed, training goes on with the previous one: {}",
                                       report.step, report.failure->what());
  if (parts_.group.is_leader()) log_warning("{}", text);
  parts_.recorder.record_verdict(progress_from_json(report.steering.at("progress")), text);
}

}  // namespace hpctrain::train
