// Two ways out: together through MPI_Finalize, or at once through MPI_Abort. Either may hang on a sick network, so a
// deadline ends the process when they do.
#include "comm/guard.hpp"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include "comm/deadline.hpp"
#include "comm/host_name.hpp"

namespace hpctrain::comm {

namespace {

constexpr std::chrono::seconds kAbortTime{5};
constexpr std::chrono::seconds kLeaveTime{8};
// Ranks that meet the same damage at the same time would all say so; rank zero speaks and its abort ends the others.
constexpr std::chrono::seconds kHeadStartOfRankZero{1};

/// One write, so that lines of several ranks do not mix.
void print_line(const std::string& text) {
  const std::string line = "hpctrain: " + text + "\n";
  if (write(STDERR_FILENO, line.data(), line.size()) < 0) return;  // nobody listens any more
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

FailureReport make_report(const std::exception_ptr& failure) {
  FailureReport report;
  report.host = host_name();
  report.code = exit_code(Fault::bug);
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    report.code = exit_code(error.fault());
    report.details = error.what();
    report.is_agreed = error.is_agreed();
  } catch (const std::exception& error) {
    report.details = error.what();
  } catch (...) {
    report.details = "an exception of unknown type";
  }
  report.cause = first_line(report.details);
  return report;
}

void report_failure(const FailureReport& report, const OnFailure& on_failure) {
  if (!on_failure) return;
  try {
    on_failure(report);
  } catch (const std::exception& error) {
    print_line("reporting the failure failed too: " + first_line(error.what()));
  }
}

void report_for_this_rank(const FailureReport& report, const OnFailure& on_failure) {
  print_line("rank " + std::to_string(report.rank) + " on " + report.host + ": " + report.cause);
  report_failure(report, on_failure);
}

/// All ranks meet here with the same error. When they do not, it was agreed by a part of them only: then each rank
/// that waits in vain speaks for itself.
int leave_together(MpiSession& session, const FailureReport& report, const OnFailure& on_failure) {
  const bool is_speaker = session.is_speaker();
  if (is_speaker) {
    print_line(report.cause);
    report_failure(report, on_failure);
  }
  const Deadline deadline(kLeaveTime, report.code, [&report, &on_failure, is_speaker] {
    if (!is_speaker) report_for_this_rank(report, on_failure);
  });
  session.finalize();
  return report.code;
}

int fail(MpiSession& session, const std::exception_ptr& failure, const OnFailure& on_failure) {
  FailureReport report = make_report(failure);
  report.rank = session.placement().rank;
  if (report.is_agreed) return leave_together(session, report, on_failure);
  // The launcher ends the others with SIGTERM first: a program that catches it would live on for a second and speak
  // too.
  std::signal(SIGTERM, SIG_DFL);
  if (report.rank != 0) std::this_thread::sleep_for(kHeadStartOfRankZero * std::min(report.rank, 3));
  report_for_this_rank(report, on_failure);
  abort_job(report.code);
}

/// Ranks that wait for another leave the word to rank zero, whose end ends them, unless it is the one that is missing.
std::unique_ptr<MpiSession> start_session(const Launch& launch, double timeout_seconds) {
  const auto say = [&launch, timeout_seconds] {
    print_line("rank " + std::to_string(launch.rank) + " on " + host_name() +
               ": the ranks have not found each other after " + std::to_string(std::lround(timeout_seconds)) +
               " s (comm.start-timeout-seconds): one of them never came, or their network does not connect them; see "
               "what the launcher said of the others, and docs/slurm.md (Launch) for srun");
  };
  std::optional<Deadline> deadline;
  if (timeout_seconds > 0) {
    const auto head_start = launch.rank == 0 ? std::chrono::seconds(0) : kHeadStartOfRankZero;
    deadline.emplace(std::chrono::duration<double>(timeout_seconds) + head_start, exit_code(Fault::stopped), say);
  }
  return std::make_unique<MpiSession>(launch);
}

/// A failure while MPI was not or only half up: the other ranks meet the same one, the first of them speaks.
int fail_before_session(const Launch& launch, const std::exception_ptr& failure, const OnFailure& on_failure) {
  FailureReport report = make_report(failure);
  report.rank = launch.rank;
  if (!report.is_agreed || launch.rank == 0) {
    print_line(report.cause);
    report_failure(report, on_failure);
  }
  int is_initialized = 0;
  MPI_Initialized(&is_initialized);
  if (is_initialized != 0) abort_job(report.code);
  return report.code;
}

}  // namespace

void abort_job(int code) {
  const Deadline deadline(kAbortTime, code, [] {});
  int is_initialized = 0;
  MPI_Initialized(&is_initialized);
  if (is_initialized == 0) _exit(code);
  MPI_Abort(MPI_COMM_WORLD, code);
  _exit(code);
}

int run_guarded(MpiSession& session, const std::function<int()>& body, const OnFailure& on_failure) {
  std::exception_ptr failure;
  try {
    return body();
  } catch (...) {
    failure = std::current_exception();
  }
  // Outside the handler: on_failure may throw and catch on its own, and nothing is unwinding any more.
  return fail(session, failure, on_failure);
}

int run_mpi_program(const Environment& environment, const std::function<int(MpiSession&)>& body,
                    const OnFailure& on_failure, double start_timeout_seconds, WorldPolicy world_policy) {
  const Launch launch = plan_launch(environment);
  std::unique_ptr<MpiSession> session;
  try {
    session = start_session(launch, start_timeout_seconds);
  } catch (...) {
    return fail_before_session(launch, std::current_exception(), on_failure);
  }
  const auto guarded_body = [&] {
    if (world_policy == WorldPolicy::as_launched) require_world_matches(launch, session->placement().world);
    return body(*session);
  };
  const int code = run_guarded(*session, guarded_body, on_failure);
  session->finalize();
  return code;
}

}  // namespace hpctrain::comm
