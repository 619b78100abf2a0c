// The run directory from outside the loop: making a fresh one, recognising one to resume, saying how a start ended.
// (rank 0 only, except where said)
#pragma once

#include <filesystem>
#include <string>

#include "config/option_table.hpp"
#include "core/file_system.hpp"
#include "data/dataset_index.hpp"

namespace hpctrain::apps {

/// True when `folder` holds a run of hpctrain.
bool is_run_folder(const std::filesystem::path& folder);

/// The folder a run goes to: `out`, or a name nobody else has under runs/.
std::filesystem::path choose_run_folder(const std::filesystem::path& out, const std::string& task);

/// Creates the folder with run.ini, or checks that the run in it may be continued with these settings; run.ini then
/// takes what is allowed to change, and dataset.json says what `index` is. A refused start changes nothing.
///   errors  Fault::usage naming the first identity key that differs, another data set, or an owner who is somebody
///           else; Fault::storage
void open_run_folder(FileSystem& files, const std::filesystem::path& folder, const config::OptionTable& table,
                     const data::DatasetIndex& index);

/// A sweep may go there: nothing is there, or a sweep of this user.
///   errors  Fault::usage
void require_sweep_folder(FileSystem& files, const std::filesystem::path& folder);

/// What the run's data set is, without its samples: schema, statistics, splits. Whoever looks at the run later can read
/// it where the data set is gone.
///   errors  Fault::usage when the run has none
data::DatasetIndex load_dataset_description(FileSystem& files, const std::filesystem::path& folder);

}  // namespace hpctrain::apps
