#include "apps/run_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/run_ini.hpp"
#include "core/clock.hpp"
#include "core/durable_write.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/run_identifier.hpp"

namespace hpctrain::apps {
namespace {

constexpr const char* kDatasetFile = "dataset.json";

void require_same_identity(const config::OptionTable& table, const std::filesystem::path& folder,
                           const std::string& run_ini) {
  const auto differences = config::compare_identity(table, run_ini, (folder / "run.ini").string());
  if (differences.empty()) return;
  const auto& first = differences.front();
  throw Error(Fault::usage, first.name + " is " + first.here + ", but the run in " + folder.string() +
                                " was started with " + first.there +
                                "; give the same value to continue it, or another --out to start a new run");
}

void require_same_dataset(FileSystem& files, const std::filesystem::path& folder, const data::DatasetIndex& index) {
  if (!files.exists(folder / kDatasetFile)) return;
  data::require_same_dataset(index, load_dataset_description(files, folder).uuid_text());
}

/// Whoever may write there may put checkpoints in this run's place.
void require_own_folder(const std::filesystem::path& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return;  // creating it tells better
  require(status.st_uid == ::geteuid() || ::geteuid() == 0, Fault::usage,
          "run.out " + folder.string() + " belongs to another user (number " + std::to_string(status.st_uid) +
              "), who could change this run's checkpoints; give a folder of your own with --out");
  if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0) {
    log_warning("run.out {} may be written by every user of this machine; chmod o-w {}", folder.string(),
                folder.string());
  }
}

}  // namespace

bool is_run_folder(const std::filesystem::path& folder) {
  std::error_code error;
  return !folder.empty() && std::filesystem::exists(folder / "run.ini", error);
}

std::filesystem::path choose_run_folder(const std::filesystem::path& out, const std::string& task) {
  // Links are followed once: one that is changed while the run lasts must not split it over two places.
  if (std::filesystem::is_symlink(out)) return std::filesystem::weakly_canonical(out);
  if (!out.empty()) return std::filesystem::absolute(out).lexically_normal();
  return std::filesystem::absolute("runs") / run_folder_name(task, unix_seconds(), random_hex(2));
}

void open_run_folder(FileSystem& files, const std::filesystem::path& folder, const config::OptionTable& table,
                     const data::DatasetIndex& index) {
  require_own_folder(folder);
  const auto run_ini = folder / "run.ini";
  if (files.exists(run_ini)) {
    require_same_identity(table, folder, files.read_file(run_ini));
    require_same_dataset(files, folder, index);
  } else {
    files.create_folders(folder);
    const auto names = files.list_folder(folder);
    // A start that was killed before its run.ini had a name leaves no more than that.
    require(
        std::all_of(names.begin(), names.end(), is_temporary_name), Fault::usage,
        "run.out " + folder.string() + " is not empty and holds no run of hpctrain (no run.ini); give another --out");
  }
  // A later start has another place and another job; a trial started alone is no sweep.
  std::vector<std::string> left_out = {"run.out", "run.job-end-unix"};
  for (const auto& row : table.rows()) {
    if (row.section() == "sweep") left_out.push_back(row.name());
  }
  write_file_durably(files, run_ini, config::write_ini(table, left_out));
  data::DatasetIndex description = index;
  description.shards.clear();
  write_file_durably(files, folder / kDatasetFile, data::index_to_text(description) + "\n");
}

void require_sweep_folder(FileSystem& files, const std::filesystem::path& folder) {
  require_own_folder(folder);
  require(!is_run_folder(folder), Fault::usage,
          "run.out " + folder.string() + " holds a training run; give a sweep another --out");
  if (!files.exists(folder) || files.exists(folder / "ledger")) return;
  const auto names = files.list_folder(folder);
  // What a sweep makes before its ledger, a start that was killed meanwhile leaves.
  const bool is_fresh = std::all_of(names.begin(), names.end(),
                                    [](const auto& name) { return is_temporary_name(name) || name == "trials"; });
  require(is_fresh, Fault::usage,
          "run.out " + folder.string() + " is not empty and holds no sweep (no ledger); give another --out");
}

data::DatasetIndex load_dataset_description(FileSystem& files, const std::filesystem::path& folder) {
  const auto path = folder / kDatasetFile;
  require(files.exists(path), Fault::usage,
          path.string() +
              " is missing, and with it what the network was trained on; continue the run once with this "
              "version of hpctrain");
  return data::index_from_text(files.read_file(path));
}

}  // namespace hpctrain::apps
