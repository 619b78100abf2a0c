// What becomes of an exception while MPI is up. The guard stands inside the session's lifetime: outside, unwinding
// would reach MPI_Finalize and hang on the peers. Must not know exit.json or any other report's format.
#pragma once

#include <functional>
#include <string>

#include "comm/launch.hpp"
#include "comm/mpi_session.hpp"

namespace hpctrain::comm {

/// One failed rank, or all ranks when the error was agreed.
struct FailureReport {
  int code = 0;            ///< exit code of this process
  std::string cause;       ///< one line
  std::string details;     ///< the whole text of the exception, perhaps with a stack
  int rank = 0;            ///< who reports
  std::string host;        ///< where
  bool is_agreed = false;  ///< all ranks fail alike; one of them reports
};

/// Called before the job ends: the place to write exit.json. Must not communicate.
using OnFailure = std::function<void(const FailureReport&)>;

/// Runs `body` and returns its exit code.
///   errors  none leaves. Agreed (Error::is_agreed): one rank prints one line and calls `on_failure`, every rank
///   returns
///           the error's exit code. Any other exception: this rank prints one line naming rank and host, calls
///           `on_failure`, then ends the whole job by MPI_Abort with the error's exit code, 70 where it has none.
int run_guarded(MpiSession& session, const std::function<int()>& body, const OnFailure& on_failure);

/// Ends the whole job with `code` from whichever thread, this process in any case; before MPI is up this process alone.
[[noreturn]] void abort_job(int code);

/// How long ranks may take to find each other: MPI's own start waits for ever for one that never comes.
constexpr double kStartTimeoutSeconds = 300;

/// What becomes of an MPI world smaller than the launch.
enum class WorldPolicy {
  as_launched,  ///< refused: each process would work alone
  any           ///< for who looks into why
};

/// A whole main: launch discovery, session, guard, orderly end. Errors before MPI is up print one line on one rank.
/// Programs that keep no report of their end leave `on_failure` away. Ranks that have not found each other after
/// `start_timeout_seconds` (0: no limit) end with 75, as for a hang.
///   collective  all ranks of the job
int run_mpi_program(
    const Environment& environment, const std::function<int(MpiSession&)>& body,
    const OnFailure& on_failure = [](const FailureReport&) {}, double start_timeout_seconds = kStartTimeoutSeconds,
    WorldPolicy world_policy = WorldPolicy::as_launched);

}  // namespace hpctrain::comm
