#include "train/stop_signal.hpp"

#include <array>
#include <atomic>
#include <csignal>

namespace hpctrain::train {
namespace {

// The one variable that a signal handler can reach; nothing but the handler writes it.
std::atomic<int> g_caught_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void remember_signal(int signal) {
  int none = 0;
  const bool is_first = g_caught_signal.compare_exchange_strong(none, signal);
  if (is_first || signal != SIGINT) return;
  // A person pressed Ctrl-C twice: they mean now.
  std::signal(SIGINT, SIG_DFL);
  std::raise(SIGINT);
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = remember_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (const int signal : std::array{SIGTERM, SIGINT, SIGUSR1, SIGUSR2}) sigaction(signal, &action, nullptr);
}

int caught_stop_signal() noexcept {
  return g_caught_signal.load();
}

std::string signal_name(int signal) {
  switch (signal) {
    case SIGTERM:
      return "SIGTERM";
    case SIGINT:
      return "SIGINT";
    case SIGUSR1:
      return "SIGUSR1";
    case SIGUSR2:
      return "SIGUSR2";
    default:
      return "signal " + std::to_string(signal);
  }
}

}  // namespace hpctrain::train
