// Every choice of the training loop, as plain values with their defaults. The option table in `apps` binds to these.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "checkpoint/checkpoint.hpp"
#include "data/batch_plan.hpp"
#include "data/loader.hpp"
#include "device/device.hpp"
#include "models/network.hpp"
#include "tasks/settings.hpp"
#include "train/residency.hpp"

namespace hpctrain::train {

enum class Precision { fp32 };

struct TrainSettings {
  std::uint64_t epochs = 5;
  std::optional<std::uint64_t> steps;        ///< with epochs: whichever comes first
  std::uint64_t batch = 128;                 ///< global batch, samples per optimizer step
  std::optional<std::uint64_t> micro_batch;  ///< most samples of a rank at once; unset: its whole share
  Precision precision = Precision::fp32;
  std::uint64_t seed = 1;
  device::DeviceWish device = device::DeviceWish::automatic;
  std::optional<int> threads;  ///< CPU threads per operation; unset: the CPUs granted to this rank
};

enum class OptimizerKind { sgd, adamw };

struct OptimizerSettings {
  OptimizerKind kind = OptimizerKind::sgd;
  double lr = 0.05;
  double momentum = 0.9;       ///< sgd
  bool nesterov = true;        ///< sgd
  double weight_decay = 5e-4;  ///< sgd: added to the gradient; adamw: decoupled
  double beta1 = 0.9;          ///< adamw
  double beta2 = 0.999;        ///< adamw
  double epsilon = 1e-8;       ///< adamw
};

enum class ScheduleKind { constant, cosine };

struct ScheduleSettings {
  ScheduleKind kind = ScheduleKind::cosine;
  double warmup_epochs = 0.5;
};

struct EvaluationSettings {
  std::uint64_t every_epochs = 1;            ///< 0: only at the end
  std::optional<std::uint64_t> max_samples;  ///< of each split
};

struct CadenceSettings {
  std::uint64_t checkpoint_every_steps = 0;  ///< 0: not by steps
  double checkpoint_every_minutes = 10;      ///< 0: not by time
};

/// Samples of a rank at once: its share of the global batch, or less where the user said so.
std::uint64_t plan_micro_batch(const TrainSettings& settings, int world);

struct WallTimeSettings {
  std::optional<double> job_end_unix;  ///< unset: nobody ends the job
  double stop_margin_seconds = 60;     ///< kept free before that end, besides what was measured
};

/// All that decides one training run; `apps` fills it from options, `sweep` from a trial.
struct RunSettings {
  std::string task = "classification";
  std::string network = "small-convnet";
  models::Stem stem = models::Stem::imagenet;
  std::filesystem::path init;         ///< safetensors to start from; empty: random weights
  std::string augment = "auto";       ///< as tasks::read_augmentation() takes it
  std::string image_size = "stored";  ///< as tasks::read_image_size() takes it
  tasks::LandmarkSettings landmarks;
  TrainSettings train;
  OptimizerSettings optimizer;
  ScheduleSettings schedule;
  EvaluationSettings evaluation;
  CadenceSettings cadence;
  WallTimeSettings wall_time;
  checkpoint::CheckpointSettings checkpoint;
  Residency residency = Residency::automatic;
  data::Order order = data::Order::automatic;
  data::Tail tail = data::Tail::short_batch;
  data::LoaderSettings loader;
  bool audit = false;
  bool quiet = false;
};

}  // namespace hpctrain::train
