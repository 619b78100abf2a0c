// The order of the operations is the promise: files, manifest, their folder, the rename, the parent folder.
#include "checkpoint/commit.hpp"

#include <fmt/format.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "checkpoint/catalogue.hpp"
#include "checkpoint/defect.hpp"
#include "checkpoint/housekeeping.hpp"
#include "checkpoint/tensor_format.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/version.hpp"

namespace hpctrain::checkpoint {
namespace {

std::vector<NamedTensor> model_tensors(const TrainingState& state) {
  std::vector<NamedTensor> tensors = state.parameters;
  tensors.insert(tensors.end(), state.buffers.begin(), state.buffers.end());
  return tensors;
}

bool are_finite(const std::vector<NamedTensor>& tensors) {
  return std::all_of(tensors.begin(), tensors.end(),
                     [](const NamedTensor& named) { return is_finite(host_row_major(named.tensor)); });
}

void list_tensors(Manifest& manifest, const std::vector<NamedTensor>& tensors, TensorGroup group, const char* file) {
  for (const NamedTensor& named : tensors) {
    manifest.tensors.push_back(
        {named.name, group, file, std::string(dtype_text(named.tensor.scalar_type())), named.tensor.sizes().vec()});
  }
}

/// Everything but what needs a look at every byte: the files' seals and whether the parameters are finite.
Manifest describe_state(const CommitContext& context, const TrainingState& state, const CheckpointRecord& record) {
  Manifest manifest;
  manifest.run_id = context.incarnation.run_id();
  manifest.fence = context.incarnation.fence();
  manifest.step = record.step;
  manifest.created_unix = static_cast<std::int64_t>(unix_seconds());
  manifest.world_size = context.world_size;
  if (record.metric && std::isfinite(*record.metric)) manifest.metric = record.metric;
  manifest.config_digest = record.config_digest;
  manifest.versions = {{"hpctrain", kVersion}, {"libtorch", TORCH_VERSION}};
  manifest.steering = record.steering;
  list_tensors(manifest, state.parameters, TensorGroup::parameter, kModelFile);
  list_tensors(manifest, state.buffers, TensorGroup::buffer, kModelFile);
  list_tensors(manifest, state.optimizer, TensorGroup::optimizer, kOptimizerFile);
  return manifest;
}

void write_new_file(FileSystem& files, const std::filesystem::path& path, const std::string& text) {
  const auto file = files.create_file(path);
  file->write(std::as_bytes(std::span(text)));
  file->sync();
  file->close();
}

void write_folder(FileSystem& files, const std::filesystem::path& folder, const TrainingState& state,
                  Manifest& manifest) {
  files.create_folders(folder);
  UnsyncedFile model = write_safetensors(files, folder / kModelFile, model_tensors(state));
  UnsyncedFile optimizer = write_safetensors(files, folder / kOptimizerFile, state.optimizer);
  // While the disk is at work.
  manifest.is_finite = are_finite(state.parameters);
  manifest.files[kModelFile] = sync_and_close(std::move(model));
  manifest.files[kOptimizerFile] = sync_and_close(std::move(optimizer));
  write_new_file(files, folder / kManifestFile, format_manifest(manifest));
  files.sync_folder(folder);
}

/// After an error nothing is asked of the disk but to forget; the first error is the one worth telling.
void withdraw(FileSystem& files, const std::filesystem::path& temporary, const std::filesystem::path& target,
              bool is_renamed) {
  try {
    if (is_renamed) files.rename_no_replace(target, temporary);
    files.remove_all(temporary);
  } catch (const Error& error) {
    log_warning("{}; the next start settles it", error.what());
  }
}

std::filesystem::path commit_new(const CommitContext& context, const std::filesystem::path& target,
                                 const TrainingState& state, Manifest manifest) {
  FileSystem& files = context.files;
  const auto parent = target.parent_path();
  const auto temporary = parent / fmt::format("{}{}-{}", kTemporaryPrefix, target.filename().string(), manifest.fence);
  bool is_renamed = false;
  try {
    files.remove_all(temporary);
    write_folder(files, temporary, state, manifest);
    context.incarnation.require_newest();
    files.rename_no_replace(temporary, target);
    is_renamed = true;
    files.sync_folder(parent);  // the commit: from here on a power loss cannot take it back
  } catch (const Error&) {
    // A checkpoint whose name may or may not survive a power loss is worse than none: the caller will count on the
    // older.
    withdraw(files, temporary, target, is_renamed);
    throw;
  }
  return target;
}

bool is_newest(const CommitContext& context, const std::filesystem::path& folder) {
  for (const CheckpointInfo& info : list_checkpoints(context.files, context.run_folder)) {
    if (info.manifest) return info.folder == folder;
  }
  return false;
}

/// A final evaluation brings a metric for a step that was already saved: only the manifest follows, atomically.
void amend_manifest(const CommitContext& context, const std::filesystem::path& folder, const Manifest& existing,
                    Manifest wanted) {
  wanted.files = existing.files;
  Manifest comparable = wanted;
  comparable.fence = existing.fence;
  comparable.created_unix = existing.created_unix;
  if (comparable == existing) return;
  context.incarnation.require_newest();
  write_file_durably(context.files, folder / kManifestFile, format_manifest(wanted));
}

/// True when the checkpoint that already lies at `target` is this state's, sound, and the one a restart would choose.
bool settle_existing(const CommitContext& context, const std::filesystem::path& target, const TrainingState& state,
                     Manifest wanted) {
  std::string slug = kSupersededSlug;
  try {
    const Manifest existing = load_checkpoint(context.files, target).manifest;
    const bool is_same_run = existing.run_id == wanted.run_id;
    if (is_same_run && is_newest(context, target)) {
      const std::map<std::string, FileSeal> seals = {{kModelFile, safetensors_seal(model_tensors(state))},
                                                     {kOptimizerFile, safetensors_seal(state.optimizer)}};
      wanted.is_finite = are_finite(state.parameters);
      if (seals == existing.files) amend_manifest(context, target, existing, std::move(wanted));
      return true;
    }
    if (!is_same_run) slug = "other-run";
  } catch (const CheckpointDefect& defect) {
    slug = defect.slug();
  }
  context.incarnation.require_newest();
  const auto moved = quarantine_checkpoint(context.files, target, slug);
  log_warning("checkpoint {}: {}; moved to {} and written anew", target.string(), slug, moved.string());
  return false;
}

}  // namespace

std::filesystem::path commit_checkpoint(const CommitContext& context, const TrainingState& state,
                                        const CheckpointRecord& record) {
  const auto target = checkpoints_folder(context.run_folder) / step_folder_name(record.step);
  try {
    context.incarnation.require_newest();
    const Manifest manifest = describe_state(context, state, record);
    if (context.files.exists(target) && settle_existing(context, target, state, manifest)) return target;
    return commit_new(context, target, state, manifest);
  } catch (const Error& error) {
    // A newer start removes this one's temporary while it writes; what it then meets looks like a broken disk.
    if (error.fault() == Fault::storage) {
      try {
        context.incarnation.require_newest();
      } catch (const Error& newer) {
        if (newer.fault() == Fault::fenced) throw;
      }
    }
    throw;
  }
}

}  // namespace hpctrain::checkpoint
