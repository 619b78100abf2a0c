// Starts the guarded child, reads its two pipes within bounds, and turns its end into an index or an error.
#include "data/index_child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/owned_descriptor.hpp"
#include "data/last_words.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::data {
namespace {

constexpr std::size_t kMostIndexBytes = 1u << 30;
constexpr std::size_t kMostErrorBytes = 64u << 10;
constexpr double kLastWordsSeconds = 0.5;
constexpr std::string_view kMessagePrefix = "hpctrain-pack: ";  // the child's own name before its message

/// Both ends close themselves, in this process and (close-on-exec) in the child.
struct Pipe {
  OwnedDescriptor read_end;
  OwnedDescriptor write_end;

  Pipe() {
    std::array<int, 2> ends{};
    require_invariant(::pipe2(ends.data(), O_CLOEXEC) == 0, "a process may open two pipes");
    read_end = OwnedDescriptor(ends[0]);
    write_end = OwnedDescriptor(ends[1]);
  }
};

/// Kills and reaps the child unless its end was waited for.
class Child {
 public:
  explicit Child(pid_t id) noexcept : id_(id) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (id_ <= 0) return;
    kill();
    wait();
  }
  /// Calls with which it has read so far; 0 where the kernel does not say.
  std::uint64_t reads() const {
    std::ifstream file("/proc/" + std::to_string(id_) + "/io");
    std::string name;
    for (std::uint64_t value = 0; file >> name >> value;) {
      if (name == "syscr:") return value;
    }
    return 0;
  }
  void kill() noexcept { ::kill(id_, SIGKILL); }
  void ask_to_end() noexcept { ::kill(id_, SIGTERM); }
  int wait() noexcept {
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    id_ = 0;
    return status;
  }

 private:
  pid_t id_;
};

class SpawnSettings {
 public:
  SpawnSettings(const Pipe& output, const Pipe& error) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output.write_end.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, error.write_end.get(), STDERR_FILENO);
    ::posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

pid_t start_child(const std::filesystem::path& packer, std::vector<std::string> arguments, const Pipe& output,
                  const Pipe& error) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const SpawnSettings settings(output, error);
  pid_t id = 0;
  const int result = ::posix_spawn(&id, packer.c_str(), &settings.actions, &settings.attributes, argv.data(), environ);
  require(result == 0, Fault::usage,
          fmt::format("cannot start {}: {}; install hpctrain-pack beside hpctrain", packer.string(),
                      std::strerror(result)));
  return id;
}

enum class PipeEnd { closed, timed_out, too_long };

/// Reads what is there from one pipe. False at its end.
bool read_some(int descriptor, std::string& text) {
  std::array<char, 65536> buffer;
  ssize_t got = 0;
  do {
    got = ::read(descriptor, buffer.data(), buffer.size());
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  text.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

PipeEnd read_both(const Pipe& output, const Pipe& error, double deadline, std::string& output_text,
                  std::string& error_text) {
  std::array<pollfd, 2> watched{{{output.read_end.get(), POLLIN, 0}, {error.read_end.get(), POLLIN, 0}}};
  while (watched[0].fd >= 0 || watched[1].fd >= 0) {
    const double left = deadline - steady_seconds();
    if (left <= 0) return PipeEnd::timed_out;
    if (::poll(watched.data(), watched.size(), static_cast<int>(std::ceil(left * 1000))) < 0) continue;
    if (watched[0].revents != 0 && !read_some(watched[0].fd, output_text)) watched[0].fd = -1;
    if (watched[1].revents != 0 && !read_some(watched[1].fd, error_text)) watched[1].fd = -1;
    if (output_text.size() > kMostIndexBytes || error_text.size() > kMostErrorBytes) return PipeEnd::too_long;
  }
  return PipeEnd::closed;
}

/// The child's last line, without its name: the message of its error.
std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t newline = text.rfind('\n');
  if (newline != std::string::npos) text.erase(0, newline + 1);
  if (text.starts_with(kMessagePrefix)) text.erase(0, kMessagePrefix.size());
  return text;
}

[[noreturn]] void fail(const std::filesystem::path& folder, const std::string& what, const std::string& error_text) {
  const std::string words = last_line(error_text);
  const bool names_file = words.starts_with(kLastWords);
  throw Error(
      Fault::data,
      fmt::format("{}: reading the layout of its HDF5 files {}{}; {} is damaged or hostile: copy it again, or {}",
                  folder.string(), what, names_file ? ", " + words : "", names_file ? "that file" : "a file in it",
                  kPackAgain));
}

void require_orderly_end(int status, const std::string& error_text, const std::filesystem::path& folder) {
  if (WIFSIGNALED(status)) {
    fail(folder, fmt::format("crashed (signal {}, {})", WTERMSIG(status), ::strsignal(WTERMSIG(status))), error_text);
  }
  if (WEXITSTATUS(status) == 0) return;
  const std::string message = last_line(error_text);
  if (message.empty()) fail(folder, fmt::format("ended with status {} and without a word", WEXITSTATUS(status)), "");
  throw Error(Fault::data, message);
}

/// A child that reads on is not hung; what it may compute is limited apart.
PipeEnd read_while_it_reads(const Child& child, const Pipe& output, const Pipe& error, double timeout_seconds,
                            std::string& output_text, std::string& error_text) {
  std::uint64_t reads = 0;
  for (int looks = 0;; ++looks) {
    const double deadline = steady_seconds() + timeout_seconds / 2;
    const PipeEnd end = read_both(output, error, deadline, output_text, error_text);
    const std::uint64_t reads_now = child.reads();
    if (end != PipeEnd::timed_out || (looks > 0 && reads_now <= reads)) return end;
    reads = reads_now;
  }
}

}  // namespace

DatasetIndex index_dataset(const std::filesystem::path& packer, const std::filesystem::path& folder,
                           const IndexChildLimits& limits) {
  const std::filesystem::path absolute = std::filesystem::absolute(folder).lexically_normal();
  Pipe output, error;
  const auto seconds = static_cast<std::uint64_t>(std::ceil(limits.timeout_seconds));
  Child child(start_child(packer,
                          {packer.string(), "index", absolute.string(), "--memory-limit",
                           std::to_string(limits.address_space_bytes), "--cpu-limit", std::to_string(seconds)},
                          output, error));
  output.write_end = OwnedDescriptor();
  error.write_end = OwnedDescriptor();
  std::string output_text, error_text;
  const PipeEnd end = read_while_it_reads(child, output, error, limits.timeout_seconds, output_text, error_text);
  if (end == PipeEnd::timed_out) {
    child.ask_to_end();
    read_both(output, error, steady_seconds() + kLastWordsSeconds, output_text, error_text);
    fail(folder, fmt::format("took longer than {} s", limits.timeout_seconds), error_text);
  }
  if (end == PipeEnd::too_long) fail(folder, "gave more than any data set needs", "");
  require_orderly_end(child.wait(), error_text, folder);
  return index_from_text(output_text);
}

}  // namespace hpctrain::data
