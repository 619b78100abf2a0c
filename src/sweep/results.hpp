// The sweep's results as people and scripts read them: SWEEP/results.csv, results.json and replicates.csv, best first.
// Pure but for save_results().
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/file_system.hpp"
#include "sweep/ledger.hpp"
#include "sweep/replicates.hpp"

namespace hpctrain::sweep {

/// Losses and lengths are better when smaller, shares and scores when larger.
bool is_smaller_better(const std::string& metric);

/// Trials that are done, best first; those that were stopped, from the last epoch down, best first at each; then the
/// others in the order in which they were started.
std::vector<LedgerEntry> sort_results(std::vector<LedgerEntry> entries, const std::string& metric);

/// Columns: trial, state, every axis, the metric, steps, seconds; and stopped_epoch where a trial was stopped.
std::string write_results_csv(const std::vector<LedgerEntry>& sorted, const std::vector<std::string>& axes,
                              const std::string& metric);

/// What the ranks of one start did with their time.
struct RankUse {
  int ranks = 1;
  double seconds = 0;            ///< from the first lease could be had to the end of the last trial
  double busy_share = 0;         ///< under a lease
  double idle_rank_seconds = 0;  ///< not under one
};

struct Results {
  std::vector<LedgerEntry> sorted;
  std::vector<std::string> axes;
  std::string metric;
  std::optional<ReplicateReport> replicates{};  ///< where seed or fold is an axis
  RankUse use{};                                ///< of this start
};

/// results.csv, results.json, sweep.json and, where there are replicates, replicates.csv; docs/formats/sweep.md.
///   errors  Fault::storage
void save_results(FileSystem& files, const std::filesystem::path& folder, const Results& results);

}  // namespace hpctrain::sweep
