#include "sweep/coordinator.hpp"

#include <algorithm>
#include <exception>
#include <limits>
#include <string>
#include <utility>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/log.hpp"

namespace hpctrain::sweep {

Coordinator::Coordinator(Parts parts)
    : parts_(std::move(parts)), planner_(parts_.teams), teams_(planner_.usable_ranks()) {}

void Coordinator::run() {
  for (const auto& entry : parts_.ledger.entries()) {
    longest_seconds_ = std::max(longest_seconds_, entry.outcome.seconds);
  }
  try {
    deal();
    parts_.ledger.commit();
    while (!teams_.training().empty()) {
      comm::Letter letter = parts_.mailbox.receive(kToCoordinator);
      // One sync for all who wrote by now, and only after they have their next trial.
      do {
        serve(letter);
      } while (parts_.mailbox.try_receive(kToCoordinator, letter));
      deal();
      grow_teams();
      parts_.ledger.commit();
      send_verdicts();
    }
  } catch (...) {
    const auto failure = std::current_exception();
    end_after_failure();
    std::rethrow_exception(failure);
  }
  tell_all_to_end();
}

void Coordinator::serve(const comm::Letter& letter) {
  auto report = read_score(letter.text);
  if (!report) return serve_report(letter.from, read_report(letter.text));
  if (parts_.on_score) parts_.on_score(*report);
  if (!report->awaits_verdict) return;
  verdicts_[letter.from] = Verdict::leave;  // What the team is told when the ledger fails now.
  Team& team = teams_.led_by(letter.from);
  planner_.note(team, report->outlook, steady_seconds());
  report->score.seconds += team.spent_seconds;
  verdicts_[letter.from] = judge(*report);
}

Verdict Coordinator::judge(const ScoreReport& report) {
  const LedgerEntry* entry = parts_.ledger.find(report.digest);
  require_invariant(entry != nullptr, "coordinator: only trials with a lease have scores");
  // A trial that went back to its checkpoint comes by again.
  if (const JudgedScore* judged = find_score(*entry, report.score.epoch)) {
    return judged->stops ? Verdict::stop : Verdict::go_on;
  }
  if (!is_judged(parts_.scheduler, report.digest, report.score.epoch)) return Verdict::go_on;
  const bool stops = must_stop(parts_.scheduler, parts_.ledger.entries(), report.digest, report.score);
  parts_.ledger.add_score(report.digest, {report.score, stops});
  return stops ? Verdict::stop : Verdict::go_on;
}

/// After the sync: a trial acts on nothing, and saves nothing after a decision, that a power cut could undo.
void Coordinator::send_verdicts() {
  while (!verdicts_.empty()) {
    const auto [leader, verdict] = *verdicts_.begin();
    verdicts_.erase(verdicts_.begin());
    parts_.mailbox.send(leader, kToRank, write_verdict(verdict));
  }
}

void Coordinator::serve_report(int leader, TrialReport report) {
  Team team = teams_.dissolve(leader);
  report.outcome.seconds += team.spent_seconds;
  note_outcome(report);
  if (report.outcome.state != TrialState::paused) return;
  if (report.outcome.message != kRegroup) {
    if (!stop_cause_) stop_cause_ = report.outcome.message;
    is_job_ending_ = true;
    return;
  }
  team.spent_seconds = report.outcome.seconds;
  team.ranks.insert(team.ranks.end(), team.promised.begin(), team.promised.end());
  regrouping_.push_back(std::move(team));
}

void Coordinator::note_outcome(const TrialReport& report) {
  parts_.ledger.add_outcome(report.digest, report.outcome);
  longest_seconds_ = std::max(longest_seconds_, report.outcome.seconds);
}

/// Trials that were begun go on first, for their ranks are idle only in the books.
void Coordinator::deal() {
  for (const Team& before : std::exchange(regrouping_, {})) {
    Team& team = start_trial(before.ranks, before.trial);
    team.spent_seconds = before.spent_seconds;
    team.expected_step_seconds = before.expected_step_seconds;
  }
  const int ranks_per_trial = planner_.rules().ranks_per_trial;
  std::vector<Trial> trials;
  while (!is_dealt_out_ && (static_cast<int>(trials.size()) + 1) * ranks_per_trial <= teams_.idle_ranks()) {
    std::optional<Trial> trial = choose_trial();
    if (trial) trials.push_back(std::move(*trial));
    is_dealt_out_ = !trial;
  }
  const bool has_spare_ranks = ranks_per_trial * static_cast<int>(trials.size()) < teams_.idle_ranks();
  if (has_spare_ranks && !is_dealt_out_) is_dealt_out_ = stop_cause_ || parts_.queue.is_used_up();
  const auto sizes = planner_.plan_sizes(trials, teams_.idle_ranks(), is_dealt_out_, parts_.ledger);
  for (std::size_t i = 0; i < trials.size(); ++i) start_trial(teams_.choose(sizes[i]), trials[i]);
}

/// Nobody is told before the lease is written: what fails here leaves these ranks idle.
Team& Coordinator::start_trial(const std::vector<int>& ranks, const Trial& trial) {
  const std::uint64_t parts = planner_.step_parts(trial);
  parts_.queue.lease(trial);
  Team& team = teams_.form(ranks, trial);
  team.parts = parts;
  team.leased_seconds = steady_seconds();
  const std::string letter = write_lease(Lease{trial, ranks, team.number});
  for (const int rank : ranks) parts_.mailbox.send(rank, kToRank, letter);
  if (parts_.on_lease) parts_.on_lease(ranks, trial);
  return team;
}

/// A sweep that has no trial left was not stopped, however late it is.
std::optional<Trial> Coordinator::choose_trial() {
  if (stop_cause_) return std::nullopt;
  std::optional<Trial> trial = parts_.queue.choose();
  if (!trial) return std::nullopt;
  if (parts_.is_stop_wished && parts_.is_stop_wished()) stop_cause_ = "stop file";
  if (!stop_cause_ && !fits_remaining_time()) stop_cause_ = "wall time";
  if (!stop_cause_) return trial;
  parts_.queue.put_back(std::move(*trial));
  return std::nullopt;
}

bool Coordinator::fits_remaining_time() const {
  return !parts_.job_end_unix || unix_seconds() + longest_seconds_ < *parts_.job_end_unix;
}

/// Trials that wait for a verdict may take in the ranks for which no trial is left.
void Coordinator::grow_teams() {
  if (!planner_.rules().is_malleable || !is_dealt_out_ || is_job_ending_) return;
  const double job_seconds =
      parts_.job_end_unix ? *parts_.job_end_unix - unix_seconds() : std::numeric_limits<double>::infinity();
  for (auto& [leader, verdict] : verdicts_) {
    if (verdict != Verdict::go_on || teams_.idle_ranks() == 0) continue;
    const int more = planner_.plan_growth(teams_, leader, parts_.ledger, job_seconds, steady_seconds());
    if (more == 0) continue;
    Team& team = teams_.led_by(leader);
    planner_.expect_growth(team, more);
    teams_.promise(team, more);
    verdict = Verdict::grow;
    log_info("{} goes on with {} ranks in place of {}", describe_parameters(team.trial.parameters),
             team.ranks.size() + team.promised.size(), team.ranks.size());
  }
}

/// Teams that train are told at their next letter; whoever waits for them waits no longer than that.
void Coordinator::end_after_failure() {
  for (auto& [leader, verdict] : verdicts_) verdict = Verdict::leave;
  send_verdicts();
  while (!teams_.training().empty()) {
    const comm::Letter letter = parts_.mailbox.receive(kToCoordinator);
    const auto score = read_score(letter.text);
    if (!score) {
      teams_.dissolve(letter.from);
    } else if (score->awaits_verdict) {
      parts_.mailbox.send(letter.from, kToRank, write_verdict(Verdict::leave));
    }
  }
  tell_all_to_end();
}

void Coordinator::tell_all_to_end() {
  for (int rank = 0; rank < planner_.rules().ranks; ++rank) parts_.mailbox.send(rank, kToRank, write_lease({}));
}

}  // namespace hpctrain::sweep
