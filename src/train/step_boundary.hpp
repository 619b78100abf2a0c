// What happens between two steps, decided by all ranks together: stop, save, evaluate. Wishes that only one rank has (a
// signal, rank zero's clock) travel in one small reduction that is started at one boundary and read at the next, so
// that no step waits for it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "comm/agree.hpp"
#include "comm/communicator.hpp"
#include "core/clock.hpp"
#include "train/progress.hpp"
#include "train/settings.hpp"
#include "train/wall_time.hpp"

namespace hpctrain::train {

enum class StopReason { finished, early_stop, signal, wall_time };

/// As exit.json and metrics.jsonl say it: "done", "early_stop", "signal", "wall time".
std::string_view stop_reason_name(StopReason reason) noexcept;

/// True when the run is over; false when the same command continues it.
constexpr bool is_complete(StopReason reason) noexcept {
  return reason == StopReason::finished || reason == StopReason::early_stop;
}

/// What to do before the next step, in this order.
struct BoundaryDecision {
  bool evaluate = false;
  bool save = false;
  std::optional<StopReason> stop;

  bool operator==(const BoundaryDecision&) const = default;
};

inline constexpr std::uint32_t kStopWish = 1;
inline constexpr std::uint32_t kSaveWish = 2;
inline constexpr std::uint32_t kWallTimeWish = 4;

/// Pure: equal on all ranks, because `agreed_wishes` is.
BoundaryDecision plan_boundary(const Progress& progress, const RunLength& length, bool epoch_ended,
                               std::uint64_t evaluate_every_epochs, std::uint64_t save_every_steps,
                               std::uint32_t agreed_wishes);

class StepBoundary {
 public:
  ///   collective  all ranks of `group`; a group of its own is split off, so its messages never meet the gradients'
  StepBoundary(comm::Communicator& group, const RunLength& length, const CadenceSettings& cadence,
               const EvaluationSettings& evaluation, const WallTimeSettings& wall_time);

  ///   collective  all ranks, once after every step
  ///   blocks      only for ranks that have not yet passed the boundary before
  BoundaryDecision decide(const Progress& progress, bool epoch_ended);

  /// True when any rank says so.
  ///   collective  all ranks, at the same boundary
  ///   blocks      until all have come
  bool agree_to_end(bool wish);
  /// Takes leave of the boundary that will not come.   (collective, as decide())
  void finish();

  void note_step(double seconds);
  void note_evaluation(double seconds) { longest_.note_evaluation(seconds); }
  /// The clock of checkpoint.every-minutes starts anew.
  void note_save(double seconds);

 private:
  std::uint32_t own_wishes() const;

  std::unique_ptr<comm::Communicator> control_;
  comm::Agreement agreement_;
  RunLength length_;
  CadenceSettings cadence_;
  EvaluationSettings evaluation_;
  WallTimeSettings wall_time_;
  LongestTimes longest_;
  bool is_first_step_ = true;
  Stopwatch since_save_;
};

}  // namespace hpctrain::train
