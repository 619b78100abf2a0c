// Which folders data.dir and data.fold mean: one data set, or in a sweep over folds one for each. Pure; reads none.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "apps/settings.hpp"
#include "config/axis.hpp"
#include "data/dataset_index.hpp"

namespace hpctrain::apps {

inline constexpr std::string_view kFoldOption = "data.fold";
inline constexpr std::string_view kFoldPlace = "{fold}";  ///< in data.dir, where the fold's number goes

/// Layouts of data sets by the folder that dataset_folder() gives.
using DatasetIndices = std::map<std::filesystem::path, data::DatasetIndex>;

/// data.dir with data.fold in the place of {fold}.
///   errors  Fault::usage when only one of the two is there
std::filesystem::path dataset_folder(const Settings& settings);

/// Of every trial over `axes`, in the order of the axis data.fold; one folder where that is no axis.
///   errors  as dataset_folder(); Fault::usage for a fold that is none, and for thousands of them
std::vector<std::filesystem::path> dataset_folders(const Settings& settings, const std::vector<config::Axis>& axes);

/// Trials over folds are comparable: different parts of one division, records of the same shape.
///   errors  Fault::usage naming two folders
void require_folds_of_one(const DatasetIndices& indices);

}  // namespace hpctrain::apps
