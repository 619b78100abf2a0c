// The process's log: what it says to a person while it runs, on stderr (stdout is for results). A thin front of spdlog,
// which this header keeps out of everybody's compile. Must not know MPI: the caller tells the rank.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

namespace hpctrain {

struct LogSettings {
  int rank = 0;
  int world = 1;
  bool quiet = false;                           ///< warnings and errors only
  bool info_from_all_ranks = false;             ///< otherwise rank zero alone says info
  std::optional<std::filesystem::path> file{};  ///< keeps everything of this rank as well, info included
};

/// Sets the log up; a second call replaces the first. Before the first call everything goes to stderr without a rank.
///   errors  Fault::storage when `file` cannot be opened; the log works then, without the file
void start_logging(const LogSettings& settings);

enum class LogLevel { info, warning, error };

bool is_logged(LogLevel level);
/// Writes one line, whatever newlines or control characters `message` holds.
void write_log(LogLevel level, std::string_view message);

/// Lines that this process has written to stderr through its log: who redraws something there must know.
std::uint64_t logged_lines();

/// An info line, from rank zero only by default. Safe from any thread, like its two siblings.
template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  if (is_logged(LogLevel::info)) write_log(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}

/// Something a person should know; the run goes on.
template <typename... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  write_log(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  write_log(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace hpctrain
