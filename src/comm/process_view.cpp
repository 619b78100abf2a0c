#include "comm/process_view.hpp"

#include <execinfo.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <string_view>

namespace hpctrain::comm {
namespace {

// Ignored by default, so asking a process that does not answer harms nothing.
constexpr int kStackSignal = SIGURG;
constexpr int kMostFrames = 64;

void write_text(std::string_view text) {
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;  // nobody listens any more
}

extern "C" void write_own_stack(int /*signal*/) {
  std::array<void*, kMostFrames> frames{};
  write_text("hpctrain: stack of the hanging rank:\n");
  const int count = backtrace(frames.data(), kMostFrames);
  backtrace_symbols_fd(frames.data(), count, STDERR_FILENO);
}

std::string read_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

ProcessWatch::ProcessWatch(pid_t process) : descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, process, 0))) {}

bool ProcessWatch::is_gone() const {
  if (!descriptor_.is_open()) return false;
  pollfd asked{descriptor_.get(), POLLIN, 0};
  return ::poll(&asked, 1, 0) == 1;
}

std::string describe_process(pid_t process) {
  const std::string folder = "/proc/" + std::to_string(process);
  std::ifstream status(folder + "/status");
  std::string state = "state unknown";
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("State:")) state = "state " + line.substr(line.find_first_not_of(" \t", 6));
  }
  const std::string place = read_line(folder + "/wchan");
  return state + (place.empty() || place == "0" ? "" : ", in " + place);
}

void answer_stack_requests() {
  // The first call loads a library and allocates; a handler must not.
  std::array<void*, 1> frame{};
  backtrace(frame.data(), 1);
  struct sigaction action {};
  action.sa_handler = write_own_stack;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(kStackSignal, &action, nullptr);
}

void request_stack(pid_t process) {
  ::syscall(SYS_tgkill, process, process, kStackSignal);
}

}  // namespace hpctrain::comm
