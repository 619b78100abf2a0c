#include "sweep/coordinator.hpp"

#include <algorithm>
#include <exception>
#include <string>

#include "core/clock.hpp"
#include "sweep/letters.hpp"

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
    }
  } catch (...) {
    const auto failure = std::current_exception();
    tell_all_to_end();
    std::rethrow_exception(failure);
  }
}

void Coordinator::serve(const comm::Letter& letter) {
  if (!letter.text.empty()) note_outcome(letter.text);
  std::optional<Trial> trial;
  if (!fits_remaining_time()) has_stopped_early_ = true;
  if (!has_stopped_early_) trial = parts_.queue.next();
  parts_.mailbox.send(letter.from, kToGroup, write_lease(trial));
  if (!trial) ++ended_groups_;
}

void Coordinator::note_outcome(const std::string& text) {
  const auto report = read_request(text);
  if (!report) return;
  parts_.ledger.add_outcome(report->digest, report->outcome);
  longest_seconds_ = std::max(longest_seconds_, report->outcome.seconds);
  if (report->outcome.state == TrialState::paused) has_stopped_early_ = true;
  if (parts_.on_change) parts_.on_change(parts_.ledger);
}

bool Coordinator::fits_remaining_time() const {
  return !parts_.job_end_unix || unix_seconds() + longest_seconds_ < *parts_.job_end_unix;
}

void Coordinator::tell_all_to_end() {
  while (ended_groups_ < parts_.groups) {
    const comm::Letter letter = parts_.mailbox.receive(kToCoordinator);
    parts_.mailbox.send(letter.from, kToGroup, write_lease(std::nullopt));
    ++ended_groups_;
  }
}

}  // namespace hpctrain::sweep
