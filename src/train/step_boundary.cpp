#include "train/step_boundary.hpp"

#include "comm/dissent.hpp"
#include "core/log.hpp"
#include "train/stop_signal.hpp"

namespace hpctrain::train {
namespace {

/// Where several ask for a stop, the one who is obeyed by starting the same command again comes first.
std::optional<StopReason> find_stop(std::uint32_t wishes) {
  if ((wishes & kStopWish) != 0) return StopReason::signal;
  if ((wishes & kStopFileWish) != 0) return StopReason::stop_file;
  if ((wishes & kWallTimeWish) != 0) return StopReason::wall_time;
  return std::nullopt;
}

bool is_due(std::uint64_t count, std::uint64_t every) {
  return every > 0 && count % every == 0;
}

}  // namespace

BoundaryDecision plan_boundary(const Progress& progress, const RunLength& length, bool epoch_ended,
                               const BoundaryIntervals& intervals, std::uint32_t agreed_wishes) {
  BoundaryDecision decision;
  if (progress.step >= length.total_steps) {
    return {.evaluate = true, .check = true, .save = true, .stop = StopReason::finished};
  }
  // The epoch that just ended: the cursor already stands at the start of the following one.
  decision.evaluate = epoch_ended && is_due(progress.cursor.epoch, intervals.evaluate_epochs);
  decision.settle = (agreed_wishes & kSettleWish) != 0;
  decision.stop = find_stop(agreed_wishes);
  decision.save = decision.evaluate || decision.stop || (agreed_wishes & kSaveWish) != 0 ||
                  is_due(progress.step, intervals.save_steps);
  decision.check = decision.save || is_due(progress.step, intervals.check_steps);
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
    case StopReason::stop_file:
      return "stop file";
    case StopReason::sweep:
      return "sweep";
    case StopReason::regroup:
      return "regroup";
  }
  return "unknown";
}

StepBoundary::StepBoundary(comm::Communicator& group, const comm::TracedChannel& channel, const RunLength& length,
                           const CadenceSettings& cadence, const EvaluationSettings& evaluation,
                           const WallTimeSettings& wall_time, StopFile stop_file)
    : control_(group.split(0, group.rank())),
      channel_(channel),
      agreement_(*control_),
      length_(length),
      cadence_(cadence),
      evaluation_(evaluation),
      wall_time_(wall_time),
      stop_file_(std::move(stop_file)),
      forecast_(wall_time, length.total_steps, unix_seconds()) {}

BoundaryDecision StepBoundary::decide(const Progress& progress, bool epoch_ended, std::uint32_t wishes) {
  if (const auto line = forecast_.note_step(progress.step, unix_seconds())) log_info("{}", *line);
  const std::uint32_t agreed = agreement_.is_started() ? wait_for_agreement() : 0;
  const BoundaryIntervals intervals{evaluation_.every_epochs, cadence_.checkpoint_every_steps,
                                    cadence_.check_every_steps};
  const auto decision = plan_boundary(progress, length_, epoch_ended, intervals, agreed);
  if (!decision.stop) start_agreement(own_wishes(decision.save) | wishes);
  return decision;
}

bool StepBoundary::agree_to_end(bool wish) {
  // What the pending one carried is not lost: who wished it still does.
  finish();
  start_agreement(wish ? kStopWish : 0);
  const bool is_agreed = wait_for_agreement() != 0;
  // A checkpoint follows each evaluation.
  if (!is_agreed) start_agreement(own_wishes(true));
  return is_agreed;
}

void StepBoundary::finish() {
  if (agreement_.is_started()) wait_for_agreement();
}

void StepBoundary::start_agreement(std::uint32_t wishes) {
  compared_signature_ = channel_.signature();
  // Half of it is enough to tell; who differs is found out with all of it.
  agreement_.start(wishes, static_cast<std::uint32_t>(compared_signature_));
}

std::uint32_t StepBoundary::wait_for_agreement() {
  const std::uint32_t agreed = agreement_.wait();
  if (agreement_.is_unanimous()) return agreed;
  const auto dissent = comm::find_dissent(*control_, compared_signature_);
  require_invariant(dissent.has_value(), "signatures that differ in part differ");
  throw Error(Fault::bug, dissent->describe("sums of gradients") +
                              ": that rank left one out or began them in another order, a defect of hpctrain; the same "
                              "command continues from the last checkpoint")
      .as_agreed();
}

void StepBoundary::note_step(double seconds) {
  // The first step of a start allocates, connects and tunes: as a forecast it would end jobs too early.
  if (!is_first_step_) longest_.note_step(seconds);
  is_first_step_ = false;
}

std::uint32_t StepBoundary::own_wishes(bool saves_now) {
  std::uint32_t wishes = 0;
  if (caught_stop_signal() != 0) wishes |= kStopWish;
  if (!control_->is_leader()) return wishes;
  const double save_seconds = cadence_.checkpoint_every_minutes * 60;
  if (!saves_now && save_seconds > 0 && since_save_.seconds() >= save_seconds) wishes |= kSaveWish;
  if (stop_file_.is_there()) wishes |= kStopFileWish;
  if (must_stop_for_wall_time(wall_time_, longest_, unix_seconds())) wishes |= kWallTimeWish;
  return wishes;
}

}  // namespace hpctrain::train
