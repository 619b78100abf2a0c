// The handler of SIGBUS and the jump out of it; see the header for why that may be done.
#include "data/bus_error_guard.hpp"

#include <ucontext.h>

#include <csetjmp>
#include <csignal>

namespace hpctrain::data {
namespace {

// Set and read by one thread and by signal handlers on that thread.
thread_local sigjmp_buf* volatile way_out = nullptr;
struct sigaction handled_before;

void on_bus_error(int signal, siginfo_t* info, void* context) {
  const bool is_own_fault = info->si_code > 0;  // else somebody sent it
  if (is_own_fault && way_out != nullptr) {
    // The jump leaves the handler for good: what is blocked during it must not stay blocked. ThreadSanitizer's own
    // handler blocks everything, whatever sigaction() was asked for.
    pthread_sigmask(SIG_SETMASK, &static_cast<const ucontext_t*>(context)->uc_sigmask, nullptr);
    siglongjmp(*way_out, 1);
  }
  if ((handled_before.sa_flags & SA_SIGINFO) != 0) {
    handled_before.sa_sigaction(signal, info, context);
  } else if (handled_before.sa_handler != SIG_DFL && handled_before.sa_handler != SIG_IGN) {
    handled_before.sa_handler(signal);
  } else {
    // The instruction faults again and the process ends as it would have without us.
    ::sigaction(signal, &handled_before, nullptr);
  }
}

bool install_handler() {
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  // SA_NODEFER: the jump leaves the handler for good, and the signal must not stay blocked after it.
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  return ::sigaction(SIGBUS, &action, &handled_before) == 0;
}

}  // namespace

bool run_guarded(void (*read)(void* argument), void* argument) {
  [[maybe_unused]] static const bool kIsInstalled = install_handler();
  sigjmp_buf here;
  if (sigsetjmp(here, 0) != 0) {
    way_out = nullptr;
    return false;
  }
  way_out = &here;
  read(argument);
  way_out = nullptr;
  return true;
}

}  // namespace hpctrain::data
