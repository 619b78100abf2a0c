// Damage is decided on rank zero before anything is moved or sent, so that every rank restores the same step or none.
#include "checkpoint/restore_plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "checkpoint/defect.hpp"
#include "checkpoint/housekeeping.hpp"
#include "checkpoint/tensor_format.hpp"

namespace hpctrain::checkpoint {
namespace {

constexpr std::size_t kBroadcastBytes = std::size_t{256} << 20;  // counts of messages are 32-bit in MPI

struct Damage {
  std::filesystem::path folder;
  std::string slug;
  std::string reason;
};

struct Group {
  const char* name;
  std::vector<NamedTensor> TrainingState::*tensors;
};

constexpr std::array<Group, 3> kGroups{{{"parameter", &TrainingState::parameters},
                                        {"optimizer", &TrainingState::optimizer},
                                        {"buffer", &TrainingState::buffers}}};

LoadedCheckpoint load_of_run(FileSystem& files, const CheckpointInfo& info, const std::string& run_id) {
  if (!info.manifest) throw CheckpointDefect(info.defect_slug, info.defect);
  if (info.manifest->run_id != run_id) {
    throw CheckpointDefect("other-run", "belongs to another run (" + info.manifest->run_id + ")");
  }
  return load_checkpoint(files, info.folder);
}

[[noreturn]] void throw_none_valid(const std::filesystem::path& run_folder, const std::vector<Damage>& damages) {
  std::vector<std::string> reasons;
  for (const Damage& damage : damages) reasons.push_back(damage.folder.filename().string() + ": " + damage.reason);
  throw Error(
      Fault::no_checkpoint,
      fmt::format("run {}: no checkpoint is valid ({}); restore ckpt/ from a copy, or start a new run",
                  run_folder.string(),
                  reasons.empty() ? "only ckpt/quarantine holds any" : fmt::format("{}", fmt::join(reasons, "; "))));
}

std::map<std::string, at::Tensor> index_by_name(const std::vector<NamedTensor>& tensors) {
  std::map<std::string, at::Tensor> index;
  for (const NamedTensor& named : tensors) index.emplace(named.name, named.tensor);
  return index;
}

void require_group_fits(const Group& group, const TrainingState& state, const TrainingState& loaded,
                        const std::string& checkpoint) {
  const auto refuse = [&](const std::string& name, const std::string& difference) {
    throw Error(Fault::usage,
                fmt::format("checkpoint {} does not fit this network: {} tensor '{}' {}; continue with the "
                            "model and optimizer of the run's run.ini, or start a new run",
                            checkpoint, group.name, name, difference));
  };
  auto found = index_by_name(loaded.*group.tensors);
  for (const NamedTensor& named : state.*group.tensors) {
    const auto place = found.find(named.name);
    if (place == found.end()) refuse(named.name, "is missing in the checkpoint");
    const at::Tensor& stored = place->second;
    if (stored.scalar_type() != named.tensor.scalar_type() || stored.sizes() != named.tensor.sizes()) {
      refuse(named.name,
             fmt::format("is {} there and {} here", describe_tensor(stored), describe_tensor(named.tensor)));
    }
    found.erase(place);
  }
  if (!found.empty()) refuse(found.begin()->first, "is unknown here");
}

void broadcast_tensor(comm::Communicator& group, const at::Tensor& host) {
  std::span<std::byte> bytes = writable_tensor_bytes(host);
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), kBroadcastBytes));
    group.broadcast({piece.data(), piece.size(), comm::ElementType::u8}, 0);
    bytes = bytes.subspan(piece.size());
  }
}

}  // namespace

std::optional<ChosenCheckpoint> choose_checkpoint(FileSystem& files, const std::filesystem::path& run_folder,
                                                  const std::string& run_id, std::vector<std::string>& warnings) {
  std::vector<Damage> damages;
  std::optional<ChosenCheckpoint> chosen;
  for (const CheckpointInfo& info : list_checkpoints(files, run_folder)) {
    try {
      chosen = ChosenCheckpoint{info.folder, load_of_run(files, info, run_id)};
      break;
    } catch (const CheckpointDefect& defect) {
      // What an older start pruned meanwhile is no damage.
      if (files.exists(info.folder)) damages.push_back({info.folder, defect.slug(), defect.what()});
    }
  }
  if (!chosen && damages.empty() && !has_quarantined_damage(files, run_folder)) return std::nullopt;
  if (!chosen) throw_none_valid(run_folder, damages);
  for (const Damage& damage : damages) {
    const auto moved = quarantine_checkpoint(files, damage.folder, damage.slug);
    warnings.push_back(fmt::format("checkpoint {} is damaged: {}; moved to {}, continuing from {}",
                                   damage.folder.filename().string(), damage.reason, moved.string(),
                                   chosen->folder.filename().string()));
  }
  return chosen;
}

void require_fits(const TrainingState& state, const ChosenCheckpoint& chosen) {
  for (const Group& group : kGroups) require_group_fits(group, state, chosen.loaded.state, chosen.folder.string());
}

std::string describe_layout(const TrainingState& state) {
  std::string text;
  for (const Group& group : kGroups) {
    for (const NamedTensor& named : state.*group.tensors) {
      text += fmt::format("{} {} {}\n", group.name, named.name, describe_tensor(named.tensor));
    }
  }
  return text;
}

void broadcast_state(comm::Communicator& group, const TrainingState& loaded, TrainingState& state,
                     const TakeWhole& take) {
  const at::NoGradGuard no_grad;
  for (const Group& part : kGroups) {
    const auto found = group.is_leader() ? index_by_name(loaded.*part.tensors) : std::map<std::string, at::Tensor>();
    for (NamedTensor& named : state.*part.tensors) {
      const at::Tensor host =
          group.is_leader() ? found.at(named.name)
                            : at::empty(named.tensor.sizes(), at::TensorOptions().dtype(named.tensor.scalar_type()));
      broadcast_tensor(group, host);
      if (named.tensor.is_meta()) {
        take(named.name, host);
      } else {
        named.tensor.copy_(host);
      }
    }
  }
}

}  // namespace hpctrain::checkpoint
