// The whole preflight: looks at data, cache and run folder from every node, measures reading, writing and sums, and
// gathers what was found. Judges nothing; ends within a minute where nothing hangs.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <functional>
#include <optional>

#include "comm/communicator.hpp"
#include "data/dataset_index.hpp"
#include "tools/doctor_facts.hpp"
#include "tools/preflight_survey.hpp"

namespace hpctrain::tools {

/// What a preflight is about at this moment, for whoever must say where it hangs.
struct PreflightStage {
  const char* text = "";
  Fault fault = Fault::comm;
  bool is_waiting = false;  ///< for another rank: not the one that hangs
};
/// The stage given lives as long as the program.
using OnStage = std::function<void(const PreflightStage&)>;

struct PreflightTarget {
  const data::DatasetIndex* index = nullptr;  ///< null: the data set's layout is unknown
  std::filesystem::path run_folder;           ///< need not exist
  torch::Device device;                       ///< of this rank, for sums
};

class Preflight {
 public:
  /// Everything is called with all ranks of `world`, in the same order.
  Preflight(comm::Communicator& world, const SurveyPlace& place, PreflightTarget target, OnStage on_stage);

  /// `job`: what is known before; the rest is found out.
  ///   collective  all ranks
  ///   errors      Fault::bug when a sum of small integers is wrong
  PreflightFacts run(JobFacts job);

 private:
  void look_at_data();
  void look_at_cache();
  void try_run_folder();
  void await_file(const std::string& file);
  void measure_sums();
  std::optional<SumThroughput> measure_group(int colour, bool takes_part);
  void enter(const PreflightStage& stage) const { on_stage_(stage); }

  comm::Communicator& world_;
  const SurveyPlace& place_;
  PreflightTarget target_;
  OnStage on_stage_;
  JobFacts job_;
  std::optional<NodeFacts> node_;  ///< of node leaders
};

}  // namespace hpctrain::tools
