#include "apps/sweep_results.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

#include "core/file_system.hpp"
#include "sweep/replicates_text.hpp"
#include "sweep/results.hpp"

namespace hpctrain::apps {
namespace {

constexpr std::size_t kMostComparisons = 10;

/// Of the best trial, not of the best configuration: a mean has no run of its own.
void save_best(const sweep::LedgerEntry& best, const std::filesystem::path& folder) {
  if (best.outcome.state != sweep::TrialState::done) return;
  FileSystem& files = posix_file_system();
  write_file_durably(files, folder / "best.ini", files.read_file(folder / "trials" / best.trial.digest / "run.ini"));
  std::printf("best: %s\n", (folder / "best.ini").c_str());
}

}  // namespace

std::vector<sweep::LedgerEntry> report_results(SweepPlanner& planner, const sweep::Ledger& ledger,
                                               const sweep::BoardView& board, const std::filesystem::path& folder) {
  const auto& metric = planner.metric();
  sweep::Results results{sweep::sort_results(ledger.entries(), metric), {}, metric};
  for (const auto& axis : planner.space().axes) results.axes.push_back(axis.name());
  results.use = {board.ranks, board.elapsed_seconds, board.busy_share(), board.idle_rank_seconds()};
  if (std::any_of(results.axes.begin(), results.axes.end(), sweep::is_replicate_axis)) {
    results.replicates =
        sweep::compare_replicates(planner.select_own(results.sorted), sweep::is_smaller_better(metric));
  }
  sweep::save_results(posix_file_system(), folder, results);
  std::fputs(sweep::write_results_csv(results.sorted, results.axes, metric).c_str(), stdout);
  if (results.replicates) {
    for (const auto& line : sweep::describe_replicates(*results.replicates, metric, kMostComparisons)) {
      std::printf("%s\n", line.c_str());
    }
  }
  if (!results.sorted.empty()) save_best(results.sorted.front(), folder);
  return results.sorted;
}

}  // namespace hpctrain::apps
