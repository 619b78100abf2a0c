// Only verified bytes leave a run.
#include "checkpoint/export_weights.hpp"

#include "checkpoint/catalogue.hpp"
#include "checkpoint/checkpoint.hpp"
#include "checkpoint/safetensors.hpp"
#include "core/durable_write.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

namespace hpctrain::checkpoint {
namespace {

std::filesystem::path parent_folder(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace

std::size_t export_weights(FileSystem& files, const std::filesystem::path& checkpoint_folder,
                           const std::filesystem::path& out_file) {
  LoadedCheckpoint loaded = load_weights(files, checkpoint_folder);
  std::vector<NamedTensor> tensors = std::move(loaded.state.parameters);
  const std::size_t left_behind =
      std::erase_if(tensors, [](const NamedTensor& named) { return named.name.starts_with(kProjectorPrefix); });
  tensors.insert(tensors.end(), loaded.state.buffers.begin(), loaded.state.buffers.end());

  const auto temporary = temporary_beside(out_file);
  try {
    save_safetensors(files, temporary, tensors,
                     {{"format", "pt"}, {"hpctrain_step", std::to_string(loaded.manifest.step)}});
    files.rename_replacing(temporary, out_file);
  } catch (const Error&) {
    try {
      files.remove_all(temporary);
    } catch (const Error& error) {
      log_warning("{}; remove it by hand", error.what());
    }
    throw;
  }
  files.sync_folder(parent_folder(out_file));
  return left_behind;
}

std::filesystem::path find_best_checkpoint(FileSystem& files, const std::filesystem::path& run_folder) {
  std::vector<RetentionCandidate> candidates;
  std::string last_defect;
  for (const CheckpointInfo& info : list_checkpoints(files, run_folder)) {
    if (info.manifest) {
      candidates.push_back(info.candidate());
    } else {
      last_defect = "; " + info.folder.filename().string() + ": " + info.defect;
    }
  }
  const auto best = find_best(candidates);
  require(best.has_value(), Fault::no_checkpoint,
          "run " + run_folder.string() + " has no usable checkpoint" + last_defect + "; train it first");
  return checkpoints_folder(run_folder) / candidates[*best].name;
}

}  // namespace hpctrain::checkpoint
