// How commands that train or score on ranks begin: options, threads and the data set's layout before MPI is up, what
// ranks must share right after. Knows no command.
#pragma once

#include <torch/types.h>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "apps/command_input.hpp"
#include "apps/fold_datasets.hpp"
#include "apps/rank_views.hpp"
#include "comm/communicator.hpp"
#include "comm/guard.hpp"
#include "comm/held_failure.hpp"
#include "comm/launch.hpp"
#include "data/dataset_index.hpp"

namespace hpctrain::apps {

class RankedStart {
 public:
  CommandInput& input() noexcept { return input_; }
  const CommandInput& input() const noexcept { return input_; }
  const comm::Environment& environment() const noexcept { return environment_; }
  /// CPUs that this rank keeps busy without taking turns with others.
  std::size_t granted_cpus() const noexcept { return granted_cpus_; }

  /// Reads the options by `resolve`, binds threads and, on rank zero, has the layout of the data set read. What fails
  /// is thrown where there is one process, else kept for share_index(), so that ranks say it together in one line.
  void prepare(const std::function<void(CommandInput&)>& resolve);

  /// The layout of the data set on every rank; only rank zero has read it.
  ///   collective  all ranks
  ///   errors      what prepare() kept; Fault::comm, agreed, when ranks were started with different options or versions
  data::DatasetIndex share_index(comm::Communicator& world) const;
  /// The same of every data set that trials read; more than one where folds are an axis.
  DatasetIndices share_indices(comm::Communicator& world) const;

  /// collective  all ranks
  /// errors      Fault::device
  torch::Device choose_device(comm::MpiSession& session) const;

  /// What this rank has of its node, for the table that a run prints.
  RankView view_of_rank(const Placement& placement, const torch::Device& device) const;

  /// Of everything that can change a result.
  static std::map<std::string, std::string> versions();

 private:
  void prepare_or_throw(const comm::Launch& launch, const std::function<void(CommandInput&)>& resolve);

  comm::Environment environment_ = comm::read_environment();
  CommandInput input_;
  std::size_t granted_cpus_ = 1;
  DatasetIndices indices_;  ///< rank zero's
  comm::HeldFailure failed_;
};

}  // namespace hpctrain::apps
