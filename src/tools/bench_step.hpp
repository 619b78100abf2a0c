// What a training step takes and where its time goes, beside a bare LibTorch loop over the same samples. (all ranks)
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>

#include "comm/communicator.hpp"
#include "core/placement.hpp"
#include "data/dataset_index.hpp"
#include "monitor/step_clock.hpp"
#include "tools/ledger_cost.hpp"
#include "train/settings.hpp"

namespace hpctrain::tools {

struct StepBenchSettings {
  std::filesystem::path folder = ".";  ///< that all ranks see; a folder of its own is made in it and removed
  std::uint64_t steps = 20;            ///< measured in each round
  std::uint64_t warm_up_steps = 3;     ///< made before them
  int rounds = 3;                      ///< of both sides, in turns
};

struct StepBenchPlace {
  const data::DatasetIndex& index;
  comm::Communicator& group;
  Placement placement;
  torch::Device device;
};

/// Medians over rounds. A round's step is the mean of its measured steps.
struct StepBenchReport {
  int ranks = 1;
  std::uint64_t batch = 0;
  double step_seconds = 0;
  double bare_step_seconds = 0;       ///< of the slowest rank; a rank's own share only, nothing is summed over ranks
  double overhead = 0;                ///< what the engine takes beyond the bare loop, as a fraction of it, by rounds
  monitor::PhaseSeconds phases;       ///< of rank zero's step, mean over all rounds
  monitor::PhaseSeconds bare_phases;  ///< likewise, of the bare loop
  LedgerCost ledger_cost;
  double switches_per_step = 0;  ///< from one phase to the next, by rank zero; start and end of the run included

  /// Of the step: what keeping account of its time takes.
  double ledger_share() const noexcept {
    return (switches_per_step * ledger_cost.switch_seconds + ledger_cost.line_seconds) / step_seconds;
  }
  /// Of the step: what is accounted for by name.
  double ledger_coverage() const noexcept { return 1 - phases[monitor::Phase::other] / phases.training(); }
  double samples_per_second() const noexcept { return static_cast<double>(batch) / step_seconds; }
};

/// Runs real training: loader, ledger, step boundaries and metrics.jsonl included.
///   collective  all ranks of the group
///   errors      Fault::bug when the two sides' losses differ: the first step's, on one rank every step's;
///               as train::TrainingRun and run_bare_loop()
StepBenchReport run_step_bench(const train::RunSettings& settings, const StepBenchPlace& place,
                               const StepBenchSettings& bench);

}  // namespace hpctrain::tools
