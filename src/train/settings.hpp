// Every choice of the training loop, as plain values with their defaults. The option table in `apps` binds to these.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.hpp"
#include "data/batch_plan.hpp"
#include "data/cache_plan.hpp"
#include "data/loader.hpp"
#include "device/device.hpp"
#include "models/network.hpp"
#include "tasks/settings.hpp"
#include "train/residency.hpp"

namespace hpctrain::train {

enum class Precision { fp32, tf32, bf16, fp16 };

enum class ChannelsLast { automatic, on, off };

/// Whether parts of the network run again in backward instead of keeping their inner activations. automatic: when
/// memory runs out.
enum class Recompute { automatic, on, off };

/// Whether micro-steps are recorded as CUDA graphs. automatic: where there is a GPU.
enum class GraphWish { off, automatic, on };

struct TrainSettings {
  std::uint64_t epochs = 5;
  std::optional<std::uint64_t> steps{};        ///< with epochs: whichever comes first
  std::uint64_t batch = 128;                   ///< global batch, samples per optimizer step
  std::optional<std::uint64_t> micro_batch{};  ///< most samples of a rank at once; unset: its whole share
  std::uint64_t micro_shards = 0;              ///< parts of a global batch, each computed apart; 0: not reproducible
  Precision precision = Precision::fp32;
  std::uint64_t seed = 1;
  device::DeviceWish device = device::DeviceWish::automatic;
  ChannelsLast channels_last = ChannelsLast::automatic;
  Recompute recompute = Recompute::automatic;
  GraphWish cuda_graph = GraphWish::off;
  bool cudnn_benchmark = false;
  bool deterministic = false;
  std::optional<double> ema_decay{};   ///< of the weights' moving average; unset: none is kept
  std::uint64_t head_only_epochs = 0;  ///< at the start, in which nothing but the head learns
  std::uint64_t nan_skips = 0;         ///< updates in a row that may be skipped for values that are not finite; 0: none
  std::optional<int> threads{};        ///< CPU threads per operation; unset: the CPUs granted to this rank
};

/// What becomes of a step that a rank has not the memory for.
enum class OutOfMemory {
  adapt,  ///< all ranks make it again with the same global batch, in less memory
  end,    ///< the run ends
};

struct MemorySettings {
  std::optional<double> limit_mib{};  ///< most that this rank's tensors may hold on its device; unset: what there is
  OutOfMemory when_out = OutOfMemory::adapt;
  std::uint64_t empty_cache_every_steps = 0;  ///< GPUs: give kept blocks back; 0: never
};

enum class OptimizerKind { sgd, adam, adamw, lars };

struct OptimizerSettings {
  OptimizerKind kind = OptimizerKind::sgd;
  double lr = 0.05;
  double momentum = 0.9;              ///< sgd, lars
  bool nesterov = true;               ///< sgd
  std::optional<double> clip_norm{};  ///< most norm of all gradients together; unset: any
  double weight_decay = 5e-4;         ///< sgd, adam, lars: added to the gradient; adamw: decoupled
  double beta1 = 0.9;                 ///< adam, adamw
  double beta2 = 0.999;               ///< adam, adamw
  double epsilon = 1e-8;              ///< adam, adamw
  double trust = 0.001;               ///< lars: trust coefficient
  bool is_sharded = false;            ///< each rank keeps the state of its own part of the parameters alone
  bool lars_exempt_vectors = true;    ///< lars: biases and batch normalisation move as in sgd, without weight decay
};

enum class ScheduleKind { constant, step, cosine, one_cycle };

struct ScheduleSettings {
  ScheduleKind kind = ScheduleKind::cosine;
  double warmup_epochs = 0.5;                 ///< all but one_cycle, which rises by itself
  std::vector<double> milestones = {30, 60};  ///< step: epochs, rising
  double gamma = 0.1;                         ///< step: factor at each milestone
  double final_fraction = 0;                  ///< cosine: of the peak, at the last step
  double rise_fraction = 0.3;                 ///< one_cycle: of all steps
  double start_division = 25;                 ///< one_cycle: peak over first rate
  double end_division = 1e4;                  ///< one_cycle: first rate over last
};

enum class LrScaling { no, linear };

/// How the peak learning rate follows the global batch.
struct LrScalingSettings {
  LrScaling kind = LrScaling::no;
  std::uint64_t base_batch = 256;  ///< linear: the batch that optim.lr is meant for
};

struct EvaluationSettings {
  std::uint64_t every_epochs = 1;              ///< 0: only at the end
  std::optional<std::uint64_t> max_samples{};  ///< of each split
  std::optional<std::uint64_t> patience{};     ///< evaluations without gain until the run ends; unset: never
  double min_delta = 0;                        ///< gain that counts, in the quality's unit
  bool mirror = false;                         ///< classification: score the mean over image and mirror image
};

struct CadenceSettings {
  std::uint64_t checkpoint_every_steps = 0;  ///< 0: not by steps
  double checkpoint_every_minutes = 10;      ///< 0: not by time
  std::uint64_t check_every_steps = 1000;    ///< that all ranks hold the same parameters; 0: before saves only
};

/// Samples of a rank at once: its share of the global batch, or less where the user said so; with micro-shards, one of
/// them.
std::uint64_t plan_micro_batch(const TrainSettings& settings, int world);

/// A micro-batch of this many samples means: as many as fit. Until that is known, a rank's share.
inline constexpr std::uint64_t kAutomaticMicroBatch = 0;
inline bool is_automatic_micro_batch(const TrainSettings& settings) {
  return settings.micro_batch == kAutomaticMicroBatch;
}

struct WallTimeSettings {
  std::optional<double> job_end_unix{};  ///< unset: nobody ends the job
  double stop_margin_seconds = 60;       ///< kept free before that end, besides what was measured
};

/// What a run says about itself besides metrics.jsonl.
struct MonitorSettings {
  bool writes_tensorboard = true;
  bool histograms = true;      ///< of weights and gradients, for TensorBoard, after evaluations while training
  std::uint64_t pictures = 3;  ///< of the worst samples, at each evaluation; not in sweeps
  std::string trace{};         ///< as monitor::read_step_range() takes it; empty: none
  std::uint64_t metrics_every_steps = 1;  ///< a line for every so many, for an epoch's last and the run's
  std::uint64_t metrics_mib = 1024;       ///< most that the lines take
};

/// All that decides one training run; `apps` fills it from options, `sweep` from a trial.
struct RunSettings {
  std::string task = "classification";
  std::string network = "small-convnet";
  models::Stem stem = models::Stem::imagenet;
  std::optional<double> dropout{};           ///< probability; unset: as the network was published
  std::optional<double> stochastic_depth{};  ///< likewise
  bool sync_batch_norm = false;              ///< batch statistics are those of all ranks
  std::string train_split = "train";         ///< that is trained on
  std::filesystem::path init;                ///< safetensors to start from; empty: random weights
  std::string augment = "auto";              ///< as tasks::read_augmentation() takes it
  std::string image_size = "stored";         ///< as tasks::read_image_size() takes it
  tasks::LandmarkSettings landmarks;
  tasks::ContrastiveSettings contrastive;
  double label_smoothing = 0;  ///< classification
  double mixup = 0;            ///< classification: alpha; 0: none
  TrainSettings train;
  MemorySettings memory;
  OptimizerSettings optimizer;
  ScheduleSettings schedule;
  LrScalingSettings lr_scaling;
  EvaluationSettings evaluation;
  CadenceSettings cadence;
  WallTimeSettings wall_time;
  checkpoint::CheckpointSettings checkpoint;
  Residency residency = Residency::automatic;
  data::Order order = data::Order::automatic;
  data::Tail tail = data::Tail::short_batch;
  data::LoaderSettings loader;
  data::CacheSettings cache;
  bool audit = false;
  bool quiet = false;
  MonitorSettings monitor;
};

}  // namespace hpctrain::train
