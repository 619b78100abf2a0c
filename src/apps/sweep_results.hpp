// What a start of a sweep leaves: its files of results, the same on stdout, the best trial's run.ini.
#pragma once

#include <filesystem>
#include <vector>

#include "apps/sweep_planner.hpp"
#include "sweep/board.hpp"
#include "sweep/ledger.hpp"

namespace hpctrain::apps {

/// Writes results.csv, results.json, sweep.json, replicates.csv and best.ini into SWEEP and prints them. Returns all
/// trials of the ledger, best first.   (rank 0 only)
///   board   at the end of this start
///   errors  Fault::storage
std::vector<sweep::LedgerEntry> report_results(SweepPlanner& planner, const sweep::Ledger& ledger,
                                               const sweep::BoardView& board, const std::filesystem::path& folder);

}  // namespace hpctrain::apps
