#include "sweep/coordinator.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "core/clock.hpp"
#include "core/error.hpp"

namespace hpctrain::sweep {

void Coordinator::run() {
  for (const auto& entry : parts_.ledger.entries()) {
    longest_seconds_ = std::max(longest_seconds_, entry.outcome.seconds);
  }
  try {
    while (ended_groups_ < parts_.groups) {
      comm::Letter letter = parts_.mailbox.receive(kToCoordinator);
      // One sync for all who wrote by now, and only after they have their next trial.
      do {
        serve(letter);
      } while (parts_.mailbox.try_receive(kToCoordinator, letter));
      parts_.ledger.commit();
      send_verdicts();
    }
  } catch (...) {
    const auto failure = std::current_exception();
    tell_all_to_end();
    std::rethrow_exception(failure);
  }
}

void Coordinator::serve(const comm::Letter& letter) {
  const auto report = read_score(letter.text);
  if (!report) return serve_request(letter);
  if (parts_.on_score) parts_.on_score(*report);
  if (!report->awaits_verdict) return;
  verdicts_[letter.from] = Verdict::leave;  // What the group is told when the ledger fails now.
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
    parts_.mailbox.send(leader, kToGroup, write_verdict(verdict));
  }
}

void Coordinator::serve_request(const comm::Letter& letter) {
  asking_ = letter.from;
  note_outcome(letter.text);
  const std::optional<Trial> trial = choose_trial();
  asking_.reset();
  parts_.mailbox.send(letter.from, kToGroup, write_lease(trial));
  if (!trial) ++ended_groups_;
  if (trial && parts_.on_lease) parts_.on_lease(letter.from, *trial);
}

/// A sweep that has no trial left was not stopped, however late it is.
std::optional<Trial> Coordinator::choose_trial() {
  if (stop_cause_) return std::nullopt;
  std::optional<Trial> trial = parts_.queue.choose();
  if (!trial) return std::nullopt;
  if (parts_.is_stop_wished && parts_.is_stop_wished()) stop_cause_ = "stop file";
  if (!stop_cause_ && !fits_remaining_time()) stop_cause_ = "wall time";
  if (stop_cause_) {
    parts_.queue.put_back(std::move(*trial));
    return std::nullopt;
  }
  parts_.queue.lease(*trial);
  return trial;
}

void Coordinator::note_outcome(const std::string& text) {
  const auto report = read_request(text);
  if (!report) return;
  parts_.ledger.add_outcome(report->digest, report->outcome);
  longest_seconds_ = std::max(longest_seconds_, report->outcome.seconds);
  if (report->outcome.state == TrialState::paused && !stop_cause_) stop_cause_ = report->outcome.message;
}

bool Coordinator::fits_remaining_time() const {
  return !parts_.job_end_unix || unix_seconds() + longest_seconds_ < *parts_.job_end_unix;
}

void Coordinator::tell_all_to_end() {
  for (auto& [leader, verdict] : verdicts_) verdict = Verdict::leave;
  send_verdicts();
  if (asking_) parts_.mailbox.send(*asking_, kToGroup, write_lease(std::nullopt));
  if (asking_) ++ended_groups_;
  while (ended_groups_ < parts_.groups) {
    const comm::Letter letter = parts_.mailbox.receive(kToCoordinator);
    const auto score = read_score(letter.text);
    if (score && !score->awaits_verdict) continue;
    const bool is_training = score.has_value();
    parts_.mailbox.send(letter.from, kToGroup, is_training ? write_verdict(Verdict::leave) : write_lease(std::nullopt));
    if (!is_training) ++ended_groups_;
  }
}

}  // namespace hpctrain::sweep
