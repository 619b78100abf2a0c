// The log on spdlog. spdlog's registry holds the process's one logger, so that no global of ours is needed.
#include "core/log.hpp"

#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>

#include "core/error.hpp"
#include "core/terminal.hpp"

namespace hpctrain {
namespace {

constexpr const char* kLoggerName = "hpctrain";

using StderrSink = spdlog::sinks::ansicolor_stderr_sink_mt;

class CountedStderrSink final : public StderrSink {
 public:
  using StderrSink::StderrSink;

  void log(const spdlog::details::log_msg& message) override {
    StderrSink::log(message);
    ++lines_;
  }
  std::uint64_t lines() const noexcept { return lines_; }

 private:
  std::atomic<std::uint64_t> lines_{0};
};

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string rank_prefix(const LogSettings& settings) {
  return settings.world > 1 ? fmt::format("[rank {}] ", settings.rank) : std::string();
}

spdlog::sink_ptr make_stderr_sink(const LogSettings& settings) {
  const bool has_colour = may_use_colour(STDERR_FILENO);
  auto sink = std::make_shared<CountedStderrSink>(has_colour ? spdlog::color_mode::always : spdlog::color_mode::never);
  // A redrawn progress line may stand in this row: return to its start and clear it.
  const std::string clear = is_terminal(STDERR_FILENO) ? "\r\033[K" : "";
  sink->set_pattern(clear + "%H:%M:%S %^%l%$: " + rank_prefix(settings) + "%v");
  const bool says_info = !settings.quiet && (settings.rank == 0 || settings.info_from_all_ranks);
  sink->set_level(says_info ? spdlog::level::info : spdlog::level::warn);
  return sink;
}

spdlog::sink_ptr make_file_sink(const LogSettings& settings) {
  auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.file->string());
  sink->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l: " + rank_prefix(settings) + "%v");
  return sink;
}

std::shared_ptr<spdlog::logger> install_logger(std::vector<spdlog::sink_ptr> sinks) {
  auto logger = std::make_shared<spdlog::logger>(kLoggerName, sinks.begin(), sinks.end());
  const auto finest = std::min_element(sinks.begin(), sinks.end(),
                                       [](const auto& a, const auto& b) { return a->level() < b->level(); });
  logger->set_level(std::max((*finest)->level(), spdlog::level::info));
  logger->flush_on(spdlog::level::info);  // a killed process keeps what it said
  spdlog::set_default_logger(logger);
  return logger;
}

std::shared_ptr<spdlog::logger> current_logger() {
  std::shared_ptr<spdlog::logger> logger = spdlog::default_logger();
  if (logger && logger->name() == kLoggerName) return logger;
  return install_logger({make_stderr_sink(LogSettings{})});
}

std::string as_one_line(std::string_view message) {
  std::string line(message);
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return line;
}

}  // namespace

void start_logging(const LogSettings& settings) {
  std::vector<spdlog::sink_ptr> sinks{make_stderr_sink(settings)};
  install_logger(sinks);
  if (!settings.file) return;
  try {
    sinks.push_back(make_file_sink(settings));
  } catch (const spdlog::spdlog_ex& error) {
    throw Error(Fault::storage, "cannot open log file " + settings.file->string() + ": " + error.what() +
                                    "; check that its folder can be written");
  }
  install_logger(sinks);
}

bool is_logged(LogLevel level) {
  return current_logger()->should_log(level_of(level));
}

void write_log(LogLevel level, std::string_view message) {
  current_logger()->log(level_of(level), as_one_line(message));
}

std::uint64_t logged_lines() {
  std::uint64_t lines = 0;
  for (const auto& sink : current_logger()->sinks()) {
    if (const auto* counted = dynamic_cast<const CountedStderrSink*>(sink.get())) lines += counted->lines();
  }
  return lines;
}

}  // namespace hpctrain
