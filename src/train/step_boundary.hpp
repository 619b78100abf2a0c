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
#include "comm/traced_channel.hpp"
#include "core/clock.hpp"
#include "train/progress.hpp"
#include "train/settings.hpp"
#include "train/stop_file.hpp"
#include "train/time_forecast.hpp"
#include "train/wall_time.hpp"

namespace hpctrain::train {

enum class StopReason { finished, early_stop, signal, wall_time, stop_file, sweep, regroup };

/// As exit.json and metrics.jsonl say it: "done", "early_stop", "signal", "wall time", "stop file", "sweep", "regroup".
std::string_view stop_reason_name(StopReason reason) noexcept;

/// True when the run is over; false when the same command continues it.
constexpr bool is_complete(StopReason reason) noexcept {
  return reason == StopReason::finished || reason == StopReason::early_stop;
}

/// What to do before the next step, in this order. Nothing is saved that was not checked.
struct BoundaryDecision {
  bool settle = false;  ///< background saves have something to tell
  bool evaluate = false;
  bool check = false;  ///< that all ranks hold the same parameters; before every save
  bool save = false;
  std::optional<StopReason> stop;

  bool operator==(const BoundaryDecision&) const = default;
};

inline constexpr std::uint32_t kStopWish = 1;
inline constexpr std::uint32_t kSaveWish = 2;
inline constexpr std::uint32_t kWallTimeWish = 4;
inline constexpr std::uint32_t kSettleWish = 8;
inline constexpr std::uint32_t kStopFileWish = 16;

/// How often something is due; 0: never for this reason.
struct BoundaryIntervals {
  std::uint64_t evaluate_epochs = 0;
  std::uint64_t save_steps = 0;
  std::uint64_t check_steps = 0;
};

/// Pure: equal on all ranks, because `agreed_wishes` is.
BoundaryDecision plan_boundary(const Progress& progress, const RunLength& length, bool epoch_ended,
                               const BoundaryIntervals& intervals, std::uint32_t agreed_wishes);

class StepBoundary {
 public:
  ///   collective  all ranks of `group`; a group of its own is split off, so its messages never meet the gradients'
  /// `channel`: whose sums are compared; outlives the boundary.
  StepBoundary(comm::Communicator& group, const comm::TracedChannel& channel, const RunLength& length,
               const CadenceSettings& cadence, const EvaluationSettings& evaluation, const WallTimeSettings& wall_time,
               StopFile stop_file);

  ///   collective  all ranks, once after every step
  ///   blocks      only for ranks that have not yet passed the boundary before
  ///   errors      Fault::bug, agreed, naming the ranks that had added other gradients than the rest, or in another
  ///               order, when they passed the boundary before
  ///   wishes  of the caller, read at the following boundary like all others
  BoundaryDecision decide(const Progress& progress, bool epoch_ended, std::uint32_t wishes);

  /// True when any rank says so.
  ///   collective  all ranks, at the same boundary
  ///   blocks      until all have come
  bool agree_to_end(bool wish);
  /// Takes leave of the boundary that will not come.   (collective, as decide())
  void finish();

  void note_step(double seconds);
  void note_evaluation(double seconds) { longest_.note_evaluation(seconds); }
  /// The clock of checkpoint.every-minutes starts anew.
  void note_save_started() { since_save_ = Stopwatch(); }
  void note_save(double seconds) { longest_.note_save(seconds); }
  double longest_save_seconds() const noexcept { return longest_.save_seconds; }

 private:
  void start_agreement(std::uint32_t wishes);
  std::uint32_t wait_for_agreement();
  /// A save that is about to be made is not wished for again.
  std::uint32_t own_wishes(bool saves_now);

  std::unique_ptr<comm::Communicator> control_;
  const comm::TracedChannel& channel_;
  comm::Agreement agreement_;
  std::uint64_t compared_signature_ = 0;  ///< the channel's when the pending agreement was started
  RunLength length_;
  CadenceSettings cadence_;
  EvaluationSettings evaluation_;
  WallTimeSettings wall_time_;
  StopFile stop_file_;
  LongestTimes longest_;
  ForecastOnce forecast_;
  bool is_first_step_ = true;
  Stopwatch since_save_;
};

}  // namespace hpctrain::train
