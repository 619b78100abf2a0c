#include "train/step_boundary.hpp"

#include "train/stop_signal.hpp"

namespace hpctrain::train {

BoundaryDecision plan_boundary(const Progress& progress, const RunLength& length, bool epoch_ended,
                               std::uint64_t evaluate_every_epochs, std::uint64_t save_every_steps,
                               std::uint32_t agreed_wishes) {
  BoundaryDecision decision;
  if (progress.step >= length.total_steps) return {.evaluate = true, .save = true, .stop = StopReason::finished};
  // The epoch that just ended: the cursor already stands at the start of the following one.
  decision.evaluate = epoch_ended && evaluate_every_epochs > 0 && progress.cursor.epoch % evaluate_every_epochs == 0;
  decision.save = decision.evaluate || (agreed_wishes & kSaveWish) != 0 ||
                  (save_every_steps > 0 && progress.step % save_every_steps == 0);
  if ((agreed_wishes & (kStopWish | kWallTimeWish)) != 0) {
    decision.save = true;
    decision.stop = (agreed_wishes & kStopWish) != 0 ? StopReason::signal : StopReason::wall_time;
  }
  return decision;
}

std::string_view stop_reason_name(StopReason reason) noexcept {
  switch (reason) {
    case StopReason::finished:
      return "done";
    case StopReason::early_stop:
      return "early_stop";
    case StopReason::signal:
      return "signal";
    case StopReason::wall_time:
      return "wall time";
  }
  return "unknown";
}

StepBoundary::StepBoundary(comm::Communicator& group, const RunLength& length, const CadenceSettings& cadence,
                           const EvaluationSettings& evaluation, const WallTimeSettings& wall_time)
    : control_(group.split(0, group.rank())),
      agreement_(*control_),
      length_(length),
      cadence_(cadence),
      evaluation_(evaluation),
      wall_time_(wall_time) {}

BoundaryDecision StepBoundary::decide(const Progress& progress, bool epoch_ended) {
  const std::uint32_t agreed = agreement_.is_started() ? agreement_.wait() : 0;
  const auto decision =
      plan_boundary(progress, length_, epoch_ended, evaluation_.every_epochs, cadence_.checkpoint_every_steps, agreed);
  if (!decision.stop) agreement_.start(own_wishes());
  return decision;
}

bool StepBoundary::agree_to_end(bool wish) {
  // What the pending one carried is not lost: who wished it still does.
  finish();
  agreement_.start(wish ? kStopWish : 0);
  const bool is_agreed = agreement_.wait() != 0;
  if (!is_agreed) agreement_.start(own_wishes());
  return is_agreed;
}

void StepBoundary::finish() {
  if (agreement_.is_started()) agreement_.wait();
}

void StepBoundary::note_step(double seconds) {
  // The first step of a start allocates, connects and tunes: as a forecast it would end jobs too early.
  if (!is_first_step_) longest_.note_step(seconds);
  is_first_step_ = false;
}

void StepBoundary::note_save(double seconds) {
  longest_.note_save(seconds);
  since_save_ = Stopwatch();
}

std::uint32_t StepBoundary::own_wishes() const {
  std::uint32_t wishes = 0;
  if (caught_stop_signal() != 0) wishes |= kStopWish;
  if (!control_->is_leader()) return wishes;
  const double save_seconds = cadence_.checkpoint_every_minutes * 60;
  if (save_seconds > 0 && since_save_.seconds() >= save_seconds) wishes |= kSaveWish;
  if (must_stop_for_wall_time(wall_time_, longest_, unix_seconds())) wishes |= kWallTimeWish;
  return wishes;
}

}  // namespace hpctrain::train
