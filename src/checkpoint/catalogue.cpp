// A checkpoint is trusted only after every byte of it was compared with its manifest.
#include "checkpoint/catalogue.hpp"

#include "checkpoint/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "checkpoint/defect.hpp"
#include "checkpoint/tensor_format.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"

namespace hpctrain::checkpoint {
namespace {

constexpr std::string_view kStepPrefix = "step-";
constexpr std::uint64_t kLargestManifestBytes = 100'000'000;

Manifest load_manifest(FileSystem& files, const std::filesystem::path& folder) {
  const auto path = folder / kManifestFile;
  if (!files.exists(path)) throw CheckpointDefect("manifest-missing", std::string(kManifestFile) + " is missing");
  if (files.file_bytes(path) > kLargestManifestBytes) {
    throw CheckpointDefect("manifest-format", std::string(kManifestFile) + " is larger than any manifest");
  }
  Manifest manifest = parse_manifest(files.read_file(path));
  if (find_step(folder.filename().string()) != manifest.step) {
    throw CheckpointDefect("step-mismatch",
                           fmt::format("manifest is of step {}, the folder's name says otherwise", manifest.step));
  }
  return manifest;
}

CheckpointInfo inspect(FileSystem& files, const std::filesystem::path& folder) {
  CheckpointInfo info{folder, std::nullopt, {}, {}};
  try {
    info.manifest = load_manifest(files, folder);
  } catch (const CheckpointDefect& defect) {
    info.defect_slug = defect.slug();
    info.defect = defect.what();
  }
  return info;
}

/// Empty where the folder goes away meanwhile.
std::optional<CheckpointInfo> inspect_present(FileSystem& files, const std::filesystem::path& folder) {
  std::optional<CheckpointInfo> info;
  try {
    info = inspect(files, folder);
  } catch (const Error&) {
    if (files.exists(folder)) throw;
  }
  if (info && !info->manifest && !files.exists(folder)) info.reset();
  return info;
}

std::string load_sealed_file(FileSystem& files, const std::filesystem::path& path, const FileSeal& seal) {
  const std::string name = path.filename().string();
  if (!files.exists(path)) throw CheckpointDefect("file-missing", name + " is missing");
  const std::uint64_t found_bytes = files.file_bytes(path);
  if (found_bytes != seal.bytes) {
    throw CheckpointDefect("file-size",
                           fmt::format("{} has {} bytes, its manifest says {}", name, found_bytes, seal.bytes));
  }
  std::string bytes = files.read_file(path);
  if (Xxh3_128().update(hpctrain::bytes_of(bytes)).hex() != seal.xxh3_128) {
    throw CheckpointDefect("file-digest", name + " does not match its digest in the manifest");
  }
  return bytes;
}

std::map<std::string, at::Tensor> load_tensors(FileSystem& files, const std::filesystem::path& path,
                                               const FileSeal& seal) {
  const std::string bytes = load_sealed_file(files, path, seal);
  std::map<std::string, at::Tensor> tensors;
  try {
    for (NamedTensor& named : read_safetensors(bytes, path.filename().string()).tensors) {
      tensors.emplace(std::move(named.name), std::move(named.tensor));
    }
  } catch (const Error& error) {
    if (error.fault() != Fault::data) throw;
    throw CheckpointDefect("file-format", error.what());
  }
  return tensors;
}

std::vector<NamedTensor>& group_of(TrainingState& state, TensorGroup group) {
  switch (group) {
    case TensorGroup::optimizer:
      return state.optimizer;
    case TensorGroup::buffer:
      return state.buffers;
    case TensorGroup::parameter:
      break;
  }
  return state.parameters;
}

at::Tensor take_tensor(std::map<std::string, at::Tensor>& found, const TensorEntry& entry) {
  const auto place = found.find(entry.name);
  if (place == found.end()) {
    throw CheckpointDefect("tensor-map", entry.file + " lacks tensor '" + entry.name + "' of its manifest");
  }
  at::Tensor tensor = place->second;
  found.erase(place);
  if (find_dtype_text(tensor.scalar_type()) != entry.dtype || tensor.sizes() != at::IntArrayRef(entry.shape)) {
    throw CheckpointDefect("tensor-map", fmt::format("tensor '{}' in {} is {}, its manifest says otherwise", entry.name,
                                                     entry.file, describe_tensor(tensor)));
  }
  return tensor;
}

void load_file(FileSystem& files, const std::filesystem::path& folder, const std::string& name,
               LoadedCheckpoint& loaded) {
  auto found = load_tensors(files, folder / name, loaded.manifest.files.at(name));
  for (const TensorEntry& entry : loaded.manifest.tensors) {
    if (entry.file == name) group_of(loaded.state, entry.group).push_back({entry.name, take_tensor(found, entry)});
  }
  if (!found.empty()) {
    throw CheckpointDefect("tensor-map", name + " holds tensor '" + found.begin()->first + "' unknown to its manifest");
  }
}

template <typename Wanted>
LoadedCheckpoint load_files(FileSystem& files, const std::filesystem::path& folder, const Wanted& is_wanted) {
  LoadedCheckpoint loaded{load_manifest(files, folder), {}};
  for (const auto& [name, seal] : loaded.manifest.files) {
    if (is_wanted(loaded.manifest, name)) load_file(files, folder, name, loaded);
  }
  return loaded;
}

void put_averages_in_place(TrainingState& state) {
  std::map<std::string_view, at::Tensor> averages;
  for (const auto& [name, tensor] : state.optimizer) {
    if (name.starts_with(kAveragePrefix))
      averages.emplace(std::string_view(name).substr(kAveragePrefix.size()), tensor);
  }
  for (auto& [name, tensor] : state.parameters) {
    if (const auto found = averages.find(name); found != averages.end()) tensor = found->second;
  }
  state.optimizer.clear();
}

}  // namespace

std::filesystem::path checkpoints_folder(const std::filesystem::path& run_folder) {
  return run_folder / "ckpt";
}

std::string step_folder_name(std::uint64_t step) {
  return fmt::format("{}{:010}", kStepPrefix, step);
}

std::optional<std::uint64_t> find_step(std::string_view folder_name) {
  if (!folder_name.starts_with(kStepPrefix)) return std::nullopt;
  const std::string_view digits = folder_name.substr(kStepPrefix.size());
  std::uint64_t step = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), step);
  if (error != std::errc{} || end != digits.data() + digits.size() || folder_name != step_folder_name(step)) {
    return std::nullopt;
  }
  return step;
}

RetentionCandidate CheckpointInfo::candidate() const {
  require_invariant(manifest.has_value(), "a checkpoint without manifest is no candidate");
  return {folder.filename().string(), {manifest->fence, manifest->step}, manifest->metric, manifest->is_finite};
}

std::vector<CheckpointInfo> list_checkpoints(FileSystem& files, const std::filesystem::path& run_folder) {
  const auto folder = checkpoints_folder(run_folder);
  std::vector<CheckpointInfo> found;
  if (!files.exists(folder)) return found;
  for (const std::string& name : files.list_folder(folder)) {
    if (!find_step(name)) continue;
    // An older start that has not noticed yet that it is fenced may still be tidying: what is gone was pruned.
    if (auto info = inspect_present(files, folder / name)) found.push_back(std::move(*info));
  }
  std::stable_sort(found.begin(), found.end(), [](const CheckpointInfo& a, const CheckpointInfo& b) {
    if (!a.manifest || !b.manifest) {
      return a.manifest.has_value() != b.manifest.has_value() ? !a.manifest : a.folder > b.folder;
    }
    return a.candidate().age > b.candidate().age;
  });
  return found;
}

std::optional<std::string> find_newest_name(FileSystem& files, const std::filesystem::path& run_folder) {
  const auto folder = checkpoints_folder(run_folder);
  std::optional<std::string> newest;
  if (!files.exists(folder)) return newest;
  for (const std::string& name : files.list_folder(folder)) {  // sorted, and steps have leading zeros
    if (find_step(name)) newest = (folder.filename() / name).string();
  }
  return newest;
}

LoadedCheckpoint load_checkpoint(FileSystem& files, const std::filesystem::path& folder) {
  return load_files(files, folder, [](const Manifest&, const std::string&) { return true; });
}

LoadedCheckpoint load_weights(FileSystem& files, const std::filesystem::path& folder) {
  auto loaded = load_files(files, folder, [](const Manifest& manifest, const std::string& name) {
    return std::any_of(manifest.tensors.begin(), manifest.tensors.end(), [&](const TensorEntry& entry) {
      return entry.file == name && (entry.group != TensorGroup::optimizer || entry.name.starts_with(kAveragePrefix));
    });
  });
  put_averages_in_place(loaded.state);
  return loaded;
}

std::uint64_t checkpoint_bytes(FileSystem& files, const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  for (const std::string& name : files.list_folder(folder)) bytes += files.file_bytes(folder / name);
  return bytes;
}

}  // namespace hpctrain::checkpoint
