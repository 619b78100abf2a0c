// What a sweep left in its directory, read for a report: sweep.json, results.json and the evaluations of its trials.
// Must not know how it is shown.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/file_system.hpp"

namespace hpctrain::tools {

struct TrialRecord {
  std::string digest;
  std::string state;                          ///< "done", "failed", …
  std::map<std::string, std::string> values;  ///< by axis
  std::optional<double> metric;
  std::uint64_t steps = 0;
  double seconds = 0;
  std::string message;  ///< of a failed trial
  struct Score {
    std::uint64_t epoch = 0;  ///< finished
    double metric = 0;
  };
  std::vector<Score> scores;  ///< while it trained
};

/// Trials that differ in seed and fold alone, as replicates.csv has them.
struct ConfigurationRecord {
  std::map<std::string, std::string> values;  ///< by axis, without seed and fold
  std::uint64_t replicates = 0;
  double mean = 0;
  std::optional<double> standard_deviation;
  std::optional<double> best_is_better_by;  ///< pair for pair; empty for the best
  std::optional<double> half_width_95;
  std::string verdict;
};

struct SweepRecord {
  std::string name;  ///< of the folder
  std::string metric;
  std::vector<std::string> axes;
  std::vector<TrialRecord> trials;                    ///< best first
  std::vector<ConfigurationRecord> configurations{};  ///< best mean first; empty: there are no replicates
};

/// True when `folder` holds sweep.json.
bool is_sweep_folder(FileSystem& files, const std::filesystem::path& folder);

///   errors  Fault::data when they are not those of a sweep; Fault::storage
SweepRecord load_sweep_record(FileSystem& files, const std::filesystem::path& folder);

struct AxisImportance {
  std::string axis;
  double share = 0;  ///< of the variance of the metric that the values of this axis alone explain; 0 … 1
};

/// Greatest first. Values count as groups; of more than six numbers, four groups of equal size. Corrected for the
/// number of groups, so that an axis that does nothing comes to 0 on average.
///   source  Kelley: An unbiased correlation ratio measure; PNAS 21 (1935)
std::vector<AxisImportance> plan_importance(const SweepRecord& record);

}  // namespace hpctrain::tools
