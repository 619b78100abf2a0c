// Renames come before removals: a folder under its final name is always whole.
#include "checkpoint/housekeeping.hpp"

#include <algorithm>

#include "checkpoint/catalogue.hpp"
#include "core/durable_write.hpp"
#include "core/error.hpp"

namespace hpctrain::checkpoint {
namespace {

template <typename Condition>
void remove_entries(FileSystem& files, const std::filesystem::path& folder, const Condition& is_doomed) {
  for (const std::string& name : files.list_folder(folder)) {
    if (is_doomed(name)) files.remove_all(folder / name);
  }
}

bool is_leftover(const std::string& name) {
  return name.starts_with(kTemporaryPrefix) || is_temporary_name(name);
}

}  // namespace

void create_folders_durably(FileSystem& files, const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> parents_of_new;
  for (auto path = folder; !path.empty() && !files.exists(path); path = path.parent_path()) {
    parents_of_new.push_back(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
  }
  files.create_folders(folder);
  for (const auto& parent : parents_of_new) files.sync_folder(parent);
}

void remove_leftovers(FileSystem& files, const std::filesystem::path& run_folder) {
  const auto folder = checkpoints_folder(run_folder);
  // Only the hint's own temporaries: other rooms tidy theirs.
  remove_entries(files, run_folder,
                 [](const std::string& name) { return name.starts_with("LATEST.") && is_temporary_name(name); });
  remove_entries(files, folder, is_leftover);
  for (const std::string& name : files.list_folder(folder)) {
    if (!find_step(name)) continue;
    try {
      remove_entries(files, folder / name, is_leftover);
    } catch (const Error&) {
      // An older start that has not noticed yet that it is fenced prunes its own.
      if (files.exists(folder / name)) throw;
    }
  }
}

std::filesystem::path quarantine_checkpoint(FileSystem& files, const std::filesystem::path& checkpoint_folder,
                                            const std::string& slug) {
  const auto quarantine = checkpoint_folder.parent_path() / kQuarantineFolder;
  create_folders_durably(files, quarantine);
  const std::string stem = checkpoint_folder.filename().string() + '-' + slug + '-';
  std::uint64_t number = 1;
  while (files.exists(quarantine / (stem + std::to_string(number)))) ++number;
  auto target = quarantine / (stem + std::to_string(number));
  files.rename_no_replace(checkpoint_folder, target);
  files.sync_folder(quarantine);
  files.sync_folder(checkpoint_folder.parent_path());
  return target;
}

bool has_quarantined_damage(FileSystem& files, const std::filesystem::path& run_folder) {
  const auto quarantine = checkpoints_folder(run_folder) / kQuarantineFolder;
  if (!files.exists(quarantine)) return false;
  const auto names = files.list_folder(quarantine);
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return name.find(kSupersededSlug) == std::string::npos; });
}

void prune_checkpoints(FileSystem& files, const std::filesystem::path& run_folder, const RetentionRule& rule) {
  std::vector<RetentionCandidate> candidates;
  for (const CheckpointInfo& info : list_checkpoints(files, run_folder)) {
    if (info.manifest) candidates.push_back(info.candidate());
  }
  const std::vector<std::string> doomed = plan_retention(candidates, rule);
  if (doomed.empty()) return;
  const auto folder = checkpoints_folder(run_folder);
  const auto grave = [&](const std::string& name) { return folder / (kTemporaryPrefix + ("remove-" + name)); };
  for (const std::string& name : doomed) {
    files.remove_all(grave(name));
    files.rename_no_replace(folder / name, grave(name));
  }
  files.sync_folder(folder);  // first the new name, durably; then the contents go
  for (const std::string& name : doomed) files.remove_all(grave(name));
}

}  // namespace hpctrain::checkpoint
