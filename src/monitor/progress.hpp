// Progress of an epoch or of packing for the person who waits: one redrawn line on a terminal, a plain line now and
// then where output is piped. Must not know what is counted.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"

namespace hpctrain::monitor {

struct ProgressReport {
  std::string label{};  ///< "epoch 3/5", "packing"
  std::string unit = "samples";
  std::uint64_t done = 0;
  std::uint64_t total = 0;  ///< 0: unknown
  double per_second = 0;    ///< present rate; 0: unknown
  std::string note{};       ///< "loss 0.412", may be empty
};

/// Seconds until `done` reaches `total` at the present rate; empty where that is unknown.
std::optional<double> estimate_seconds_left(const ProgressReport& report);

/// One line without newline, at most `columns` characters:
/// "epoch 3/5   42 %  5,024/12,000 samples  5,312/s  loss 0.412  1.3 s left".
std::string plan_progress_line(const ProgressReport& report, std::size_t columns);

struct ProgressSettings {
  bool quiet = false;        ///< nothing at all
  bool is_terminal = false;  ///< redraw one line
  std::size_t columns = 80;  ///< of the terminal
  double redraw_seconds = 0.1;
  double line_seconds = 5;  ///< between plain lines

  /// As stderr is.
  static ProgressSettings for_stderr(bool quiet);
};

/// (rank 0 only) One thread only.
class ProgressLine {
 public:
  using Sink = std::function<void(std::string_view)>;

  /// Writes to stderr.
  explicit ProgressLine(const ProgressSettings& settings);
  ProgressLine(const ProgressSettings& settings, Sink sink);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Shows the report when it is time to.
  ///   cost  nothing but a comparison when it is not
  void update(const ProgressReport& report, double now_seconds = steady_seconds());
  /// Shows the report now and ends the line; the next update starts a new one.
  void finish(const ProgressReport& report, double now_seconds = steady_seconds());

 private:
  void show(const ProgressReport& report, double now_seconds, bool ends_line);

  ProgressSettings settings_;
  Sink sink_;
  std::optional<double> shown_at_;
  bool is_line_open_ = false;
};

}  // namespace hpctrain::monitor
