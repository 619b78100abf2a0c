// Who trains what in this start of a sweep, what came of it, and how busy the ranks are. Told by the coordinator's
// thread, asked by whoever shows it; moments come from the caller. Must not know who looks nor how it is shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sweep/forecast.hpp"
#include "sweep/ledger.hpp"
#include "sweep/trial.hpp"

namespace hpctrain::sweep {

/// What is known before the first trial of this start.
struct BoardPlan {
  int ranks = 1;  ///< of the job, also those that help in no group
  int groups = 1;
  std::uint64_t trials = 0;
  std::vector<Trial> points;  ///< of the plan, in the order in which they are dealt; empty where they are not fixed
  std::function<bool(const Trial&)> owns{};  ///< where points are not fixed: which of earlier starts are of the plan
  std::vector<Duration> known;               ///< of earlier starts
  bool is_smaller_better = false;
  bool may_stop_early = false;  ///< durations are at most what is forecast
};

struct RunningTrial {
  std::vector<int> ranks;  ///< in the world; the first leads
  Parameters parameters;
  double seconds = 0;  ///< since the lease
  std::optional<Score> last;
};

struct BestTrial {
  Parameters parameters;
  double metric = 0;
};

/// How things stand at one moment. Trials are those of the plan; the best is of all starts.
struct BoardView {
  std::uint64_t trials = 0;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::uint64_t stopped = 0;
  std::uint64_t queued = 0;
  std::vector<RunningTrial> running;  ///< by leader
  std::optional<BestTrial> best;
  std::optional<double> seconds_left;  ///< empty while no trial has told how long trials take
  bool is_upper_bound = false;         ///< of seconds_left
  double elapsed_seconds = 0;          ///< of this start
  int ranks = 1;
  int busy_ranks = 0;
  double busy_rank_seconds = 0;  ///< under a lease, since this start

  std::uint64_t ended() const noexcept { return done + failed + stopped; }
  double idle_rank_seconds() const noexcept { return elapsed_seconds * ranks - busy_rank_seconds; }
  /// 0 before any time has passed.
  double busy_share() const noexcept;
};

class Board {
 public:
  ///   history  of all earlier starts
  Board(BoardPlan plan, const std::vector<LedgerEntry>& history, double now_seconds);

  /// Safe from any thread, like all that follow.
  ///   ranks  of the world, the leader first
  void note_lease(const std::vector<int>& ranks, const Trial& trial, double now_seconds);
  void note_score(const std::string& digest, const Score& score);
  void note_outcome(const std::string& digest, const TrialOutcome& outcome, double now_seconds);

  ///   cost  the order of the trials, times that of the groups
  BoardView view(double now_seconds);

 private:
  struct Known {
    Parameters parameters;
    TrialState state = TrialState::waiting;
    bool is_planned = false;
    int leases = 0;         ///< of all starts
    std::size_t place = 0;  ///< in the order of first leases
  };
  struct Lease {
    std::string digest;
    std::vector<int> ranks;
    double since_seconds = 0;  ///< moment
    std::optional<Score> last;
  };

  void note_best(const Known& trial, const TrialOutcome& outcome);
  void count_trials(BoardView& view) const;
  void add_running(BoardView& view, double now_seconds) const;
  std::optional<double> forecast(const BoardView& view);
  std::vector<double> queued_seconds(std::uint64_t queued) const;

  BoardPlan plan_;
  double started_seconds_;  ///< moment
  std::mutex mutex_;
  std::map<std::string, Known> trials_;  ///< by digest
  std::map<int, Lease> leases_;          ///< by leader
  std::optional<BestTrial> best_;
  std::size_t best_place_ = 0;
  std::size_t places_ = 0;          ///< trials that ever had a lease
  double booked_rank_seconds_ = 0;  ///< of leases that have ended
  DurationEstimate estimate_;
  std::size_t estimated_from_ = 0;  ///< durations
};

}  // namespace hpctrain::sweep
