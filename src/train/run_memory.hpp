// Everything a run knows and does about its memory: the limit, the peaks by phase, the ladder, the largest micro-batch,
// what is written down about all of it. Puts those parts together and tells people; each of them decides for itself.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "comm/communicator.hpp"
#include "core/file_system.hpp"
#include "core/placement.hpp"
#include "train/device_slots.hpp"
#include "train/memory_ladder.hpp"
#include "train/memory_snapshot.hpp"
#include "train/micro_step.hpp"
#include "train/micro_step_graphs.hpp"
#include "train/phase_memory.hpp"
#include "train/run_recorder.hpp"
#include "train/settings.hpp"
#include "train/step_statistics.hpp"

namespace hpctrain::train {

class RunMemory {
 public:
  /// All that is referred to outlives it.
  struct Parts {
    const RunSettings& settings;
    comm::Communicator& group;
    Placement placement;
    torch::Device device;
    FileSystem& files;
    std::filesystem::path run_folder;
    bool is_trial = false;  ///< what becomes of a trial is shown with its sweep
  };
  /// What the memory is held by, once it is there.
  struct Contents {
    checkpoint::TrainingState state;  ///< what this rank keeps of it
    GradientBuckets& buckets;
    StepStatistics& statistics;
    const DeviceSlots& slots;
    models::Network& network;
    MicroStep& micro_step;
    Evaluator& evaluator;
    PiecewiseFeed& feed;
    Wholeness& wholeness;
    RunRecorder& recorder;
    bool has_collectives = false;       ///< forward passes talk to other ranks
    MicroStepGraphs* graphs = nullptr;  ///< recorded for another way of carrying a step out; null: none
  };

  /// From here on the limit holds.
  explicit RunMemory(const Parts& parts);

  PhaseMemory& phases() noexcept { return phases_; }

  void make_ladder(const Contents& contents);
  MemoryLadder& ladder() noexcept { return *ladder_; }

  /// What an earlier start found out is not found out again.   `steering`: a checkpoint's
  void restore(const nlohmann::json& steering);

  /// With train.micro-batch auto: measures how many samples fit, unless an earlier start did, and begins with so many.
  /// Leaves gradients, statistics, random draws and the feed's place as they were.
  ///   collective  all ranks
  void begin(const Progress& progress);

  /// After an update: on GPUs gives kept blocks back where that is due.
  void finish_step(std::uint64_t step);

  /// What tensors held since this start, over all ranks, as docs/formats/metrics.md has it.
  ///   collective  all ranks
  nlohmann::json gather();

 private:
  void tell_of_rung(const Progress& progress, const RungReport& report);
  std::string save_snapshot(const Progress& progress, const LackOfMemory& lack) const;
  std::uint64_t measure(const Progress& progress);
  std::uint64_t measure_peak(const tasks::DeviceRecords& records, std::uint64_t samples, std::uint64_t step);
  std::uint64_t budget_bytes() const;

  Parts parts_;
  PhaseMemory phases_;
  std::unique_ptr<Contents> contents_;
  std::unique_ptr<MemoryLadder> ladder_;
};

}  // namespace hpctrain::train
