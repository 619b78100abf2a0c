// Rank zero's side of a sweep: serves leases to the leaders of groups and writes how trials ended. Runs on a thread
// beside the training of its own rank. Must not know how trials are run.
#pragma once

#include <functional>
#include <map>
#include <optional>

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
    std::optional<double> job_end_unix{};            ///< no trial starts that would not end before
    std::function<void(const Ledger&)> on_change{};  ///< after every outcome, for the table on the terminal
    SchedulerPlan scheduler{};
  };

  explicit Coordinator(Parts parts) : parts_(std::move(parts)) {}

  /// Serves until every group has been told that nothing is left.
  ///   blocks  asleep while nobody asks
  ///   errors  Fault::storage, Fault::fenced: all groups are told to end first
  void run();

  /// True when trials were left for another start: a stop was asked for, or the job's time is over.
  bool has_stopped_early() const noexcept { return has_stopped_early_; }

 private:
  void serve(const comm::Letter& letter);
  void serve_request(const comm::Letter& letter);
  void note_outcome(const std::string& text);
  Verdict judge(const ScoreReport& report);
  void send_verdicts();
  bool fits_remaining_time() const;
  void tell_all_to_end();

  Parts parts_;
  int ended_groups_ = 0;
  std::map<int, Verdict> verdicts_;  ///< by leader; sent once they are durable
  std::optional<int> asking_;        ///< leader whose request is being served
  bool has_stopped_early_ = false;
  double longest_seconds_ = 0;
};

}  // namespace hpctrain::sweep
