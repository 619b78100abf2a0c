#include "apps/fold_datasets.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/error.hpp"

namespace hpctrain::apps {
namespace {

constexpr double kMostFolds = 1000;

std::filesystem::path folder_of_fold(const Settings& settings, const std::optional<std::string>& fold) {
  std::string text = settings.data_dir.string();
  const bool has_place = text.find(kFoldPlace) != std::string::npos;
  require(!has_place || fold, Fault::usage,
          "data.dir " + text + " holds {fold}, and data.fold is not given; give --data.fold 1, or a list in a sweep");
  require(has_place || !fold, Fault::usage,
          "data.fold " + fold.value_or("") + " is given, and data.dir " + text +
              " has no {fold} in its name; give --data with {fold} where the folders' names differ, or leave it away");
  for (auto place = text.find(kFoldPlace); place != std::string::npos; place = text.find(kFoldPlace)) {
    text.replace(place, kFoldPlace.size(), *fold);
  }
  return text;
}

std::optional<std::string> fold_text(const Settings& settings) {
  return settings.fold ? std::optional(std::to_string(*settings.fold)) : std::nullopt;
}

std::vector<std::string> fold_values(const config::Axis& axis) {
  if (!axis.range) return axis.values;
  const auto& range = *axis.range;
  require(range.high - range.low < kMostFolds, Fault::usage,
          axis.origin + ": data.fold has a range of thousands of folds; each must be a data set that was packed");
  std::vector<std::string> values;
  for (auto fold = static_cast<std::uint64_t>(range.low); static_cast<double>(fold) <= range.high; ++fold) {
    values.push_back(std::to_string(fold));
  }
  return values;
}

void require_two_of_one(const data::DatasetIndex& a, const data::DatasetIndex& b) {
  const std::string both = "data.fold: " + a.folder.string() + " and " + b.folder.string();
  const std::string cure = "; pack each with hpctrain-pack --folds K --fold I from the same source and seed";
  require(a.uuid != b.uuid, Fault::usage, both + " hold the same data set" + cure);
  require(a.fields == b.fields, Fault::usage, both + " hold records of different shape" + cure);
  if (!a.fold || !b.fold) return;
  require(a.fold->count == b.fold->count, Fault::usage,
          both + " are parts of " + std::to_string(a.fold->count) + " and of " + std::to_string(b.fold->count) + cure);
  require(a.fold->number != b.fold->number, Fault::usage,
          both + " are both part " + std::to_string(a.fold->number) + " of " + std::to_string(a.fold->count) + cure);
  require(a.pack_seed == b.pack_seed, Fault::usage, both + " were divided with different seeds" + cure);
}

}  // namespace

std::filesystem::path dataset_folder(const Settings& settings) {
  return folder_of_fold(settings, fold_text(settings));
}

std::vector<std::filesystem::path> dataset_folders(const Settings& settings, const std::vector<config::Axis>& axes) {
  const auto axis = std::find_if(axes.begin(), axes.end(), [](const auto& one) { return one.name() == kFoldOption; });
  if (axis == axes.end()) return {dataset_folder(settings)};
  std::vector<std::filesystem::path> folders;
  for (const std::string& value : fold_values(*axis)) {
    folders.push_back(folder_of_fold(settings, value == config::kNotSet ? std::nullopt : std::optional(value)));
  }
  return folders;
}

void require_folds_of_one(const DatasetIndices& indices) {
  for (auto a = indices.begin(); a != indices.end(); ++a) {
    for (auto b = std::next(a); b != indices.end(); ++b) require_two_of_one(a->second, b->second);
  }
}

}  // namespace hpctrain::apps
