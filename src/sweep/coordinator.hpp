// Rank zero's side of a sweep: serves leases to the leaders of groups and writes how trials ended. Runs on a thread
// beside the training of its own rank. Must not know how trials are run.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "comm/mailbox.hpp"
#include "sweep/ledger.hpp"
#include "sweep/letters.hpp"
#include "sweep/scheduler.hpp"
#include "sweep/trial_queue.hpp"

namespace hpctrain::sweep {

inline constexpr int kToCoordinator = 1;
inline constexpr int kToGroup = 2;

class Coordinator {
 public:
  struct Parts {
    comm::Mailbox& mailbox;
    Ledger& ledger;
    TrialQueue& queue;
    int groups = 1;
    std::optional<double> job_end_unix{};  ///< no trial starts that would not end before
    std::function<void(int leader, const Trial&)> on_lease{};
    SchedulerPlan scheduler{};
    std::function<bool()> is_stop_wished{};  ///< asked before a trial starts
    std::function<void(const ScoreReport&)> on_score{};
  };

  explicit Coordinator(Parts parts) : parts_(std::move(parts)) {}

  /// Serves until every group has been told that nothing is left.
  ///   blocks  asleep while nobody asks
  ///   errors  Fault::storage, Fault::fenced: all groups are told to end first
  void run();

  /// Why trials were left for another start: "stop file", "wall time", or what stopped a trial; empty when none was.
  const std::optional<std::string>& stop_cause() const noexcept { return stop_cause_; }

 private:
  void serve(const comm::Letter& letter);
  void serve_request(const comm::Letter& letter);
  void note_outcome(const std::string& text);
  Verdict judge(const ScoreReport& report);
  void send_verdicts();
  std::optional<Trial> choose_trial();
  bool fits_remaining_time() const;
  void tell_all_to_end();

  Parts parts_;
  int ended_groups_ = 0;
  std::map<int, Verdict> verdicts_;  ///< by leader; sent once they are durable
  std::optional<int> asking_;        ///< leader whose request is being served
  std::optional<std::string> stop_cause_;
  double longest_seconds_ = 0;
};

}  // namespace hpctrain::sweep
