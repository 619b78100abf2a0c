// Which checkpoint a run continues from, whether it fits the network, and how its bytes reach every rank.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/catalogue.hpp"
#include "checkpoint/checkpoint.hpp"
#include "comm/communicator.hpp"

namespace hpctrain::checkpoint {

struct ChosenCheckpoint {
  std::filesystem::path folder;
  LoadedCheckpoint loaded;
};

/// The newest sound checkpoint; damaged ones before it go to quarantine, each with a line in `warnings`. Empty when the
/// run has none. Where none is sound nothing is moved: the next start must fail as well, not begin at step 0.
/// (rank zero only)
///   errors  Fault::no_checkpoint naming each with its reason; Fault::storage
std::optional<ChosenCheckpoint> choose_checkpoint(FileSystem& files, const std::filesystem::path& run_folder,
                                                  const std::string& run_id, std::vector<std::string>& warnings);

/// errors  Fault::usage naming the first tensor that differs in name, shape or dtype
void require_fits(const TrainingState& state, const ChosenCheckpoint& chosen);

/// Groups, names, dtypes and shapes in order, as text to compare between ranks.
std::string describe_layout(const TrainingState& state);

/// Copies rank zero's `loaded` into every rank's `state`: one reader of the file system, then the network. Where that
/// has a tensor on the meta device, `take` gets it; a rank needs host memory for one tensor at a time.
///   collective  all ranks, equal describe_layout(state); on rank zero `loaded` has every name of it
void broadcast_state(comm::Communicator& group, const TrainingState& loaded, TrainingState& state,
                     const TakeWhole& take = {});

}  // namespace hpctrain::checkpoint
