// The sweep's results as people and scripts read them: SWEEP/results.csv and results.json, best first. Pure but for
// save_results().
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/file_system.hpp"
#include "sweep/ledger.hpp"

namespace hpctrain::sweep {

/// Losses and lengths are better when smaller, shares and scores when larger.
bool is_smaller_better(const std::string& metric);

/// Trials that are done, best first; those that were stopped, from the last epoch down, best first at each; then the
/// others in the order in which they were started.
std::vector<LedgerEntry> sort_results(std::vector<LedgerEntry> entries, const std::string& metric);

/// Columns: trial, state, every axis, the metric, steps, seconds; and stopped_epoch where a trial was stopped.
std::string write_results_csv(const std::vector<LedgerEntry>& sorted, const std::vector<std::string>& axes,
                              const std::string& metric);

///   errors  Fault::storage
void save_results(FileSystem& files, const std::filesystem::path& folder, const std::vector<LedgerEntry>& sorted,
                  const std::vector<std::string>& axes, const std::string& metric);

}  // namespace hpctrain::sweep
