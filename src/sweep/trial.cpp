#include "sweep/trial.hpp"

#include "core/digest.hpp"

namespace hpctrain::sweep {

std::string digest_parameters(const Parameters& parameters) {
  Xxh3_128 digest;
  for (const auto& [name, value] : parameters) digest.update(bytes_of(name + "=" + value + "\n"));
  return digest.hex();
}

std::string describe_parameters(const Parameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) text += (text.empty() ? "" : " ") + name + "=" + value;
  return text;
}

std::string_view trial_state_name(TrialState state) noexcept {
  switch (state) {
    case TrialState::waiting:
      return "waiting";
    case TrialState::paused:
      return "paused";
    case TrialState::done:
      return "done";
    case TrialState::failed:
      return "failed";
    case TrialState::stopped:
      return "stopped";
  }
  return "unknown";
}

TrialOutcome outcome_of_stop(const Score& score) {
  TrialOutcome outcome{TrialState::stopped};
  outcome.metric = score.metric;
  outcome.steps = score.steps;
  outcome.seconds = score.seconds;
  outcome.epoch = score.epoch;
  return outcome;
}

}  // namespace hpctrain::sweep
