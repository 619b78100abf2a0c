// The loop: steps, evaluations, checkpoints, until the work is done or a stop is agreed. Everything it needs is handed
// in, so a sweep and a test run the very same loop.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.hpp"
#include "comm/communicator.hpp"
#include "core/clock.hpp"
#include "monitor/gpu_gauge.hpp"
#include "monitor/step_clock.hpp"
#include "train/batch_feed.hpp"
#include "train/device_phases.hpp"
#include "train/early_stopping.hpp"
#include "train/evaluation_watch.hpp"
#include "train/evaluator.hpp"
#include "train/loss_guard.hpp"
#include "train/nvtx_ranges.hpp"
#include "train/parameter_update.hpp"
#include "train/run_memory.hpp"
#include "train/run_recorder.hpp"
#include "train/run_saver.hpp"
#include "train/state_shards.hpp"
#include "train/step.hpp"
#include "train/step_boundary.hpp"
#include "train/step_tracer.hpp"

namespace hpctrain::train {

/// How fast this start gets on.
struct RunPace {
  double trained_seconds = 0;   ///< since its loop began
  double seconds_per_step = 0;  ///< with its share of evaluations and saves
  std::uint64_t steps_left = 0;
  double save_seconds = 0;  ///< the longest so far; 0 before the first
};

/// What becomes of a run after an evaluation.
enum class Judgement {
  go_on,
  end,    ///< for good
  pause,  ///< with a checkpoint, to be started again at once on other ranks
};

/// Asked after each evaluation while training.
///   collective  all ranks of the group; equal answers on all
using JudgeEvaluation =
    std::function<Judgement(const Progress& progress, const EvaluationReport& report, const RunPace& pace)>;

class Trainer {
 public:
  struct Parts {
    comm::Communicator& group;
    BatchFeed& feed;
    TrainStep& step;
    RunMemory& memory;
    ParameterUpdate& update;
    Evaluator& evaluator;
    EarlyStopping& early_stopping;
    StepBoundary& boundary;
    RunSaver& saver;
    checkpoint::TrainingState state;  ///< what every rank has the same of
    RunRecorder& recorder;
    StepTracer& tracer;
    monitor::StepClock& clock;
    RunLength length;
    std::vector<std::string> splits;     ///< scored at the end
    std::optional<std::string> watched;  ///< split scored while training
    bool watched_decides_best = false;   ///< false for a test split: choosing by it would be cheating
    nlohmann::json steering;             ///< fixed values every checkpoint repeats (seed, order, layout digest …)
    std::string config_digest;
    JudgeEvaluation judge{};                    ///< none: the run goes on to its end
    EvaluationWatch* watch = nullptr;           ///< rank zero's, where something is to be shown
    monitor::GpuGauge* gpu = nullptr;           ///< where this rank has one
    DevicePhases* device_phases = nullptr;      ///< where its device has an account of its own
    bool measures_histograms = false;           ///< of weights and gradients, after evaluations while training
    const StateShards* state_shards = nullptr;  ///< optimizer state that is cut among the ranks; null: state has it
  };

  Trainer(Parts parts, const TrainSettings& settings) : parts_(std::move(parts)), loss_guard_(settings) {}

  /// Trains from `progress` on.
  ///   collective  all ranks of the group
  ///   errors      Fault::usage when the loss is no number, Fault::bug when ranks hold different parameters,
  ///               Fault::data, Fault::storage (third failed checkpoint in a row, or the last one), Fault::stopped
  StopReason run(Progress progress);

  /// As far as the run got; readable while it is failing, for exit.json.
  const Progress& progress() const noexcept { return progress_; }
  const std::optional<std::string>& newest_checkpoint() const noexcept { return parts_.saver.newest_checkpoint(); }

 private:
  std::optional<StopReason> pass_boundary();
  void require_sound();
  void make_step();
  EvaluationReport evaluate(const std::string& split);
  EvaluationReport score(const std::string& split);
  std::optional<StopReason> evaluate_at_boundary(const BoundaryDecision& decision);
  RunPace pace() const;
  void evaluate_at_end();
  void save(bool is_last);
  checkpoint::CheckpointRecord make_record() const;
  checkpoint::TrainingState whole_state() const;
  std::vector<monitor::RankLedger> gather_ledgers();
  nlohmann::json sum_data_traffic();

  Parts parts_;
  Progress progress_;
  LossGuard loss_guard_;
  std::optional<NvtxRanges> ranges_;             ///< while steps are made
  std::optional<std::uint64_t> evaluated_step_;  ///< when the watched split was last scored
  std::optional<double> quality_;                ///< of the watched split at that step
  bool epoch_ended_ = false;
  std::uint64_t first_step_ = 0;  ///< made before this start
  Stopwatch since_start_;
  std::uint64_t disk_bytes_before_ = 0;
};

}  // namespace hpctrain::train
