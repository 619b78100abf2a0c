// Puts one training run together from settings and a group of ranks, and starts the loop. The parts live here, in the
// order in which they need each other.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "comm/communicator.hpp"
#include "comm/traced_channel.hpp"
#include "core/file_system.hpp"
#include "core/placement.hpp"
#include "data/dataset_index.hpp"
#include "data/node_cache.hpp"
#include "models/registry.hpp"
#include "train/device_slots.hpp"
#include "train/micro_step_graphs.hpp"
#include "train/piecewise_feed.hpp"
#include "train/run_memory.hpp"
#include "train/settings.hpp"
#include "train/statistics_over_ranks.hpp"
#include "train/step_tracer.hpp"
#include "train/trainer.hpp"
#include "train/training_feed.hpp"
#include "train/wholeness.hpp"

namespace hpctrain::train {

/// Where a run happens.
struct RunContext {
  const data::DatasetIndex& index;
  comm::Communicator& group;
  Placement placement;  ///< of this rank in `group`
  FileSystem& files;
  std::filesystem::path run_folder;  ///< exists
  torch::Device device;
  std::string config_digest;                    ///< of the identity options
  std::map<std::string, std::string> versions;  ///< for metrics.jsonl
  bool was_finished = false;                    ///< an earlier start of this run reached its end
  Heartbeat* heartbeat = nullptr;               ///< where the loop publishes its phases; outlives the run
  JudgeEvaluation judge{};                      ///< may end or pause the run after an evaluation
  std::map<std::string, std::string> trial{};   ///< parameters, where the run is a trial of a sweep
  MakeEvaluationWatch make_watch{};             ///< none: nothing is drawn
};

class TrainingRun {
 public:
  ///   collective  all ranks of the group
  ///   errors      Fault::usage, Fault::data, Fault::no_checkpoint, Fault::storage; all agreed
  TrainingRun(const RunSettings& settings, const RunContext& context);
  ~TrainingRun();

  /// Restores the newest checkpoint where there is one, then trains to the end or to an agreed stop.
  ///   collective  all ranks of the group
  StopReason run();

  /// As far as the run got; readable after run() threw, for exit.json.
  std::uint64_t step() const noexcept { return std::max(trainer_->progress().step, restored_step_); }
  std::optional<std::string> newest_checkpoint() const;
  /// As train::deciding_split().
  std::optional<std::string> deciding_split() const;
  std::int64_t parameter_count() const { return models::count_parameters(*network_); }
  const tasks::Task& task() const noexcept { return *task_; }
  bool is_resident() const noexcept { return feed_->is_resident(); }
  /// From one phase to the next, by this rank since the start.
  std::uint64_t phase_switches() const noexcept { return clock_.switches(); }
  std::string_view phase() const noexcept { return monitor::phase_name(clock_.phase()); }

 private:
  void make_network();
  void make_feed();
  void synchronise_statistics();
  void put_together();
  void make_buckets();
  void make_update();
  void make_schedule();
  std::unique_ptr<GradientReduction> make_reduction();
  std::unique_ptr<Accumulation> make_accumulation();
  void make_loop();
  void make_evaluator(const ForwardPass& forward_pass);
  void make_ladder();
  void make_recorder();
  StopReason train_from_newest();
  void make_trainer();
  Progress restore();
  void start_afresh();
  void require_equal_start();
  void say_what_is_special(const Progress& progress) const;
  void require_reference();
  bool is_already_complete(const Progress& progress) const;
  void record_start(const Progress& progress);
  void require_same_data(const nlohmann::json& steering) const;
  nlohmann::json fixed_steering() const;

  RunSettings settings_;
  RunContext context_;
  monitor::StepClock clock_;
  std::unique_ptr<RunMemory> memory_;  ///< before all that takes some
  DeviceSlots slots_;
  std::unique_ptr<tasks::Task> task_;
  std::shared_ptr<models::Network> network_;
  checkpoint::TrainingState state_;
  std::unique_ptr<StepStatistics> statistics_;
  std::unique_ptr<StatisticsOverRanks> statistics_over_ranks_;  ///< null: batches are normalised where they are
  std::unique_ptr<GradientBuckets> buckets_;
  std::unique_ptr<comm::Communicator> gradient_group_;  ///< gradients never meet other messages
  std::unique_ptr<comm::TracedChannel> channel_;
  std::unique_ptr<Wholeness> wholeness_;
  std::unique_ptr<ParameterShards> shards_;  ///< null: every rank moves all parameters
  std::unique_ptr<ParameterUpdate> update_;
  std::unique_ptr<StateShards> state_shards_;  ///< null: state_ has the optimizer's
  std::unique_ptr<data::NodeCache> cache_;
  std::unique_ptr<data::ShardLocator> evaluation_places_;
  std::unique_ptr<TrainingFeed> feed_;
  std::unique_ptr<PiecewiseFeed> pieces_;  ///< of what the feed delivers
  RunLength length_;
  std::uint64_t restored_step_ = 0;
  std::optional<std::string> restored_checkpoint_;  ///< empty: a fresh start
  std::unique_ptr<Schedule> schedule_;
  std::unique_ptr<HeadFirst> head_first_;  ///< null: everything learns from the first step
  std::unique_ptr<Audit> audit_;
  std::unique_ptr<MicroStep> micro_step_;
  std::unique_ptr<device::WorkRecorder> work_recorder_;  ///< null: nothing is recorded
  std::unique_ptr<MicroStepGraphs> graphs_;              ///< null likewise
  std::unique_ptr<GradientReduction> reduction_;
  std::unique_ptr<Accumulation> accumulation_;
  std::unique_ptr<Evaluator> evaluator_;
  std::unique_ptr<TrainStep> step_;
  EarlyStopping early_stopping_;
  std::unique_ptr<StepBoundary> boundary_;
  std::unique_ptr<checkpoint::CheckpointStore> checkpoints_;
  std::unique_ptr<RunRecorder> recorder_;
  std::unique_ptr<RunSaver> saver_;
  std::unique_ptr<StepTracer> tracer_;
  std::unique_ptr<EvaluationWatch> watch_;        ///< rank zero's, where something is to be shown
  std::unique_ptr<monitor::GpuGauge> gpu_gauge_;  ///< null: no GPU
  std::unique_ptr<DevicePhases> device_phases_;   ///< null: no GPU, or graphs are recorded on it
  std::unique_ptr<Trainer> trainer_;
};

}  // namespace hpctrain::train
