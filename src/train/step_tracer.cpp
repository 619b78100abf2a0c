#include "train/step_tracer.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

namespace hpctrain::train {
namespace {

constexpr int kTraceTag = 7301;
constexpr std::size_t kTopOperators = 10;

}  // namespace

StepTracer::~StepTracer() {
  if (recording_) parts_.clock.tell_no_more(recording_->phases);
}

void StepTracer::begin_step(std::uint64_t step) {
  if (!range_ || !range_->contains(step)) return;
  const double now = steady_seconds();
  if (!recording_) {
    recording_.reset(new Recording{.phases = monitor::PhaseTrace(now), .operators = {}});
    parts_.clock.tell(recording_->phases);
  }
  recording_->step_began = now;
}

void StepTracer::end_step(std::uint64_t step) {
  if (!recording_) return;
  const double now = steady_seconds();
  // Ends the phase that is running, so that it is told.
  parts_.clock.switch_to(parts_.clock.phase(), now);
  recording_->phases.note_step(step, recording_->step_began, now);
  if (step == range_->last) save();
}

void StepTracer::finish() {
  if (recording_) save();
}

void StepTracer::save() {
  parts_.clock.tell_no_more(recording_->phases);
  monitor::RankTrace trace{.rank = parts_.placement.rank,
                           .host = parts_.placement.host,
                           .steady_to_unix = unix_seconds() - steady_seconds(),
                           .slices = recording_->phases.take()};
  const auto operators = recording_->operators.take();
  recording_.reset();
  trace.slices.insert(trace.slices.end(), operators.begin(), operators.end());
  const auto events = gather(monitor::write_trace_events(trace));
  if (!parts_.group.is_leader()) return;
  const auto top = monitor::plan_top_operators(operators, kTopOperators);
  const auto path = parts_.run_folder / "trace.json";
  try {
    write_file_durably(parts_.files, path, monitor::write_trace_file(events, top));
  } catch (const Error& error) {
    return log_warning("the trace could not be written, training goes on: {}", error.what());
  }
  log_info("trace of steps {} to {}: {} (ui.perfetto.dev opens it)", range_->first, range_->last, path.string());
  for (const auto& sum : top) {
    log_info("  {:<48} {:>6} calls  {:.2f} ms", sum.name, sum.calls, 1000 * sum.own_seconds);
  }
}

/// Rank after rank, so that rank zero never holds more than the file and one message.
std::vector<std::string> StepTracer::gather(const std::string& mine) {
  std::uint64_t bytes = mine.size();
  if (!parts_.group.is_leader()) {
    parts_.group.send(std::as_bytes(std::span(&bytes, 1)), 0, kTraceTag);
    parts_.group.send(bytes_of(mine), 0, kTraceTag);
    return {};
  }
  std::vector<std::string> all{mine};
  for (int rank = 1; rank < parts_.group.size(); ++rank) {
    parts_.group.receive(std::as_writable_bytes(std::span(&bytes, 1)), rank, kTraceTag);
    std::string text(bytes, '\0');
    parts_.group.receive(std::as_writable_bytes(std::span(text.data(), text.size())), rank, kTraceTag);
    all.push_back(std::move(text));
  }
  return all;
}

}  // namespace hpctrain::train
