// Runs one trial of a sweep as an ordinary training run in a folder of its own.
#pragma once

#include <filesystem>
#include <string>

#include "apps/command_input.hpp"
#include "comm/communicator.hpp"
#include "core/placement.hpp"
#include "data/dataset_index.hpp"
#include "sweep/group_loop.hpp"
#include "sweep/trial.hpp"
#include "train/trainer.hpp"

namespace hpctrain::apps {

class TrialRunner {
 public:
  struct Parts {
    CommandInput& input;
    const data::DatasetIndex& index;
    Placement placement;  ///< in the world
    std::filesystem::path sweep_folder;
    std::string metric;
    torch::Device device;
  };

  explicit TrialRunner(Parts parts) : parts_(std::move(parts)) {}

  /// Starts the trial's run or continues it; with a scheduler, and where teams may grow, every evaluation while it
  /// trains asks for a verdict.
  ///   collective  all ranks of `group`
  ///   errors      those of train::TrainingRun; Fault::usage when the run has no such metric
  sweep::TrialOutcome run(const sweep::Trial& trial, comm::Communicator& group, const sweep::AskVerdict& ask_verdict);

 private:
  bool open_trial(const std::filesystem::path& folder, double started_unix, comm::Communicator& group);
  double load_metric(const std::filesystem::path& folder) const;
  sweep::Score score_of(const train::Progress& progress, const train::EvaluationReport& report) const;
  sweep::TrialOutcome outcome_of(train::StopReason reason, const std::filesystem::path& folder,
                                 comm::Communicator& group) const;

  Parts parts_;
};

}  // namespace hpctrain::apps
