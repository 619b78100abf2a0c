// Rank zero's side of a sweep: deals trials to teams of ranks and writes how they ended. Runs on a thread beside the
// training of its own rank. Must not know how trials are run.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "comm/mailbox.hpp"
#include "sweep/ledger.hpp"
#include "sweep/letters.hpp"
#include "sweep/scheduler.hpp"
#include "sweep/team_planner.hpp"
#include "sweep/teams.hpp"
#include "sweep/trial_queue.hpp"

namespace hpctrain::sweep {

inline constexpr int kToCoordinator = 1;
inline constexpr int kToRank = 2;

class Coordinator {
 public:
  struct Parts {
    comm::Mailbox& mailbox;
    Ledger& ledger;
    TrialQueue& queue;
    TeamRules teams{};
    std::optional<double> job_end_unix{};  ///< no trial starts that would not end before
    std::function<void(const std::vector<int>& ranks, const Trial&)> on_lease{};
    SchedulerPlan scheduler{};
    std::function<bool()> is_stop_wished{};  ///< asked before a trial starts
    std::function<void(const ScoreReport&)> on_score{};
  };

  explicit Coordinator(Parts parts);

  /// Serves until no trial is left and all ranks have been told so.
  ///   blocks  asleep while nobody writes
  ///   errors  Fault::storage, Fault::fenced: all ranks are told to end first
  void run();

  /// Why trials were left for another start: "stop file", "wall time", or what stopped a trial; empty when none was.
  const std::optional<std::string>& stop_cause() const noexcept { return stop_cause_; }

 private:
  void serve(const comm::Letter& letter);
  void serve_report(int leader, TrialReport report);
  void note_outcome(const TrialReport& report);
  Verdict judge(const ScoreReport& report);
  void send_verdicts();
  void deal();
  Team& start_trial(const std::vector<int>& ranks, const Trial& trial);
  std::optional<Trial> choose_trial();
  bool fits_remaining_time() const;
  void grow_teams();
  void end_after_failure();
  void tell_all_to_end();

  Parts parts_;
  TeamPlanner planner_;
  Teams teams_;
  std::vector<Team> regrouping_;     ///< paused, with the ranks that join; all of these are idle
  std::map<int, Verdict> verdicts_;  ///< by leader; sent once they are durable
  std::optional<std::string> stop_cause_;
  bool is_dealt_out_ = false;   ///< no trial is left that may start
  bool is_job_ending_ = false;  ///< a trial was stopped from outside: others will be, too
  double longest_seconds_ = 0;
};

}  // namespace hpctrain::sweep
