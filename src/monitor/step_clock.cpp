// Arithmetic on moments. Must not know a clock.
#include "monitor/step_clock.hpp"

#include <numeric>

namespace hpctrain::monitor {

std::string_view phase_name(Phase phase) noexcept {
  switch (phase) {
    case Phase::data_wait:
      return "data_wait";
    case Phase::make_batch:
      return "make_batch";
    case Phase::forward:
      return "forward";
    case Phase::backward:
      return "backward";
    case Phase::communication:
      return "communication";
    case Phase::optimizer:
      return "optimizer";
    case Phase::checkpoint:
      return "checkpoint";
    case Phase::evaluation:
      return "evaluation";
    case Phase::start:
      return "start";
    case Phase::other:
      return "other";
  }
  return "other";
}

double PhaseSeconds::total() const noexcept {
  return std::accumulate(seconds.begin(), seconds.end(), 0.0);
}

double PhaseSeconds::training() const noexcept {
  return total() - (*this)[Phase::start] - (*this)[Phase::evaluation] - (*this)[Phase::checkpoint];
}

double PhaseSeconds::share(Phase phase) const noexcept {
  const double all = total();
  return all > 0 ? (*this)[phase] / all : 0;
}

PhaseSeconds PhaseSeconds::since(const PhaseSeconds& earlier) const noexcept {
  PhaseSeconds difference;
  for (std::size_t i = 0; i < kPhaseCount; ++i) difference.seconds[i] = seconds[i] - earlier.seconds[i];
  return difference;
}

Phase StepClock::switch_to(Phase next, double now_seconds) {
  booked_[phase_] += now_seconds - since_;
  for (PhaseListener* listener : listeners_) listener->note(phase_, since_, now_seconds);
  since_ = now_seconds;
  ++switches_;
  const Phase ended = phase_;
  phase_ = next;
  for (PhaseListener* listener : listeners_) listener->enter(next);
  if (heartbeat_ != nullptr) heartbeat_->enter(static_cast<std::uint32_t>(next), now_seconds);
  return ended;
}

PhaseSeconds StepClock::seconds(double now_seconds) const noexcept {
  PhaseSeconds all = booked_;
  all[phase_] += now_seconds - since_;
  return all;
}

ThroughputWindow::ThroughputWindow(double window_seconds, double now_seconds)
    : window_seconds_(window_seconds), marks_{{now_seconds, 0}} {}

void ThroughputWindow::record(std::uint64_t samples, double now_seconds) {
  marks_.push_back({now_seconds, marks_.back().samples + samples});
  // The front mark may be the last one outside the window: the step that ends inside is then counted whole.
  while (marks_.size() > 2 && marks_[1].seconds <= now_seconds - window_seconds_) marks_.pop_front();
}

double ThroughputWindow::samples_per_second() const noexcept {
  const double seconds = marks_.back().seconds - marks_.front().seconds;
  return seconds > 0 ? static_cast<double>(marks_.back().samples - marks_.front().samples) / seconds : 0;
}

}  // namespace hpctrain::monitor
