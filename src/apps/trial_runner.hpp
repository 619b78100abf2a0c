// Runs one trial of a sweep as an ordinary training run in a folder of its own.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "apps/command_input.hpp"
#include "apps/fold_datasets.hpp"
#include "comm/communicator.hpp"
#include "core/heartbeat.hpp"
#include "core/placement.hpp"
#include "sweep/group_loop.hpp"
#include "sweep/trial.hpp"
#include "train/trainer.hpp"

namespace hpctrain::apps {

class TrialRunner {
 public:
  struct Parts {
    CommandInput& input;
    const DatasetIndices& indices;
    Placement placement;  ///< in the world
    std::filesystem::path sweep_folder;
    std::string metric;
    torch::Device device;
    Heartbeat& heartbeat;  ///< where this rank publishes what it does
  };

  explicit TrialRunner(Parts parts) : parts_(std::move(parts)) {}

  /// Starts the trial's run or continues it; every evaluation while it trains tells its score and, with a scheduler or
  /// where teams may grow, asks for a verdict.
  ///   collective  all ranks of `group`
  ///   errors      those of train::TrainingRun; Fault::usage when the run has no such metric
  sweep::TrialOutcome run(const sweep::Trial& trial, comm::Communicator& group, const sweep::AskVerdict& ask_verdict);

 private:
  const data::DatasetIndex& own_index() const { return parts_.indices.at(dataset_folder(parts_.input.settings)); }
  bool open_trial(const std::filesystem::path& folder, double started_unix, comm::Communicator& group);
  void assign(const sweep::Parameters& parameters);
  double load_metric(const std::filesystem::path& folder, const std::optional<std::string>& split) const;
  /// Of an evaluation without a finite metric: says which of the two is the reason.
  [[noreturn]] void refuse_score(const train::Progress& progress, const train::EvaluationReport& report) const;
  sweep::TrialOutcome outcome_of(train::StopReason reason, const std::filesystem::path& folder,
                                 const std::optional<std::string>& split, comm::Communicator& group) const;

  Parts parts_;
  std::map<std::string, std::string> of_start_;  ///< what trials changed so far, as the start had it
};

}  // namespace hpctrain::apps
