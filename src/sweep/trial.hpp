// What a sweep tries: a trial is a set of parameters with a name made of them. Must not know how a trial is run.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hpctrain::sweep {

/// Option name and canonical value of every axis, in table order.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// The name of a trial: equal parameters, equal name, whenever and in whatever order they are tried.
using Identify = std::function<std::string(const Parameters&)>;

/// Hexadecimal digest of canonical parameters.
std::string digest_parameters(const Parameters& parameters);

/// "optim.lr=0.1 train.seed=2".
std::string describe_parameters(const Parameters& parameters);

struct Trial {
  std::string digest;
  Parameters parameters;
};

enum class TrialState {
  waiting,  ///< never started, or its lease was lost
  paused,   ///< stopped with a checkpoint; the next start of the sweep continues it
  done,     ///< has a metric
  failed,   ///< ended with an error; not tried again
  stopped,  ///< ended by the sweep's scheduler: others were better after as many epochs
};

std::string_view trial_state_name(TrialState state) noexcept;
constexpr bool is_final(TrialState state) noexcept {
  return state == TrialState::done || state == TrialState::failed || state == TrialState::stopped;
}

/// What an evaluation gave while a trial was training.
struct Score {
  std::uint64_t epoch = 0;  ///< epochs finished
  double metric = 0;
  std::uint64_t steps = 0;
  double seconds = 0;  ///< since the lease
};

/// How a trial gets on that is still training.
struct Outlook {
  double seconds_per_step = 0;  ///< on the ranks it has, with its share of evaluations and saves
  std::uint64_t steps_left = 0;
  double restart_seconds = 0;  ///< that it takes to save the trial and to bring it back to its next step
};

/// What a trial is told after an evaluation.
enum class Verdict {
  go_on,
  stop,   ///< for good
  grow,   ///< pauses here, and goes on with more ranks
  leave,  ///< the sweep ends here and knows nothing of this score: nothing may be saved that lies past it
};

/// The message of a trial that paused to go on with more ranks.
inline constexpr const char* kRegroup = "regroup";

/// How a trial ended.
struct TrialOutcome {
  TrialState state = TrialState::done;
  std::optional<double> metric{};
  std::uint64_t steps = 0;
  double seconds = 0;
  int code = 0;                          ///< exit code of the error
  std::string message{};                 ///< of the error
  std::optional<std::uint64_t> epoch{};  ///< after which a stopped trial was stopped; its metric is of that epoch
};

/// How a trial ends that the scheduler stops at `score`.
TrialOutcome outcome_of_stop(const Score& score);

}  // namespace hpctrain::sweep
