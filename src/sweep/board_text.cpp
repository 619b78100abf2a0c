#include "sweep/board_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/text_format.hpp"
#include "monitor/summary.hpp"

namespace hpctrain::sweep {
namespace {

using Row = std::array<std::string, 5>;

std::string describe_counts(const BoardView& view) {
  std::string states;
  const std::array<std::pair<std::uint64_t, const char*>, 3> counts = {
      {{view.done, "done"}, {view.stopped, "stopped early"}, {view.failed, "failed"}}};
  for (const auto& [count, name] : counts) {
    if (count > 0) states += fmt::format("{}{} {}", states.empty() ? "" : ", ", format_count(count), name);
  }
  std::string text = fmt::format("{} of {} trials ended", format_count(view.ended()), format_count(view.trials));
  if (!states.empty()) text += " (" + states + ")";
  return text;
}

std::string describe_time_left(const BoardView& view) {
  if (!view.seconds_left) return "time left not known before a trial is done";
  return fmt::format("{} {} left", view.is_upper_bound ? "at most about" : "about",
                     format_duration(*view.seconds_left));
}

std::string describe_best(const BoardView& view, const std::string& metric) {
  return fmt::format("{} {}  {}", metric, monitor::format_metric(metric, view.best->metric),
                     describe_parameters(view.best->parameters));
}

bool is_over(const BoardView& view) {
  return view.running.empty() && view.queued == 0;
}

/// "0-3", "0-1,5".
std::string describe_ranks(std::vector<int> ranks) {
  std::sort(ranks.begin(), ranks.end());
  std::string text;
  for (std::size_t first = 0; first < ranks.size();) {
    std::size_t last = first;
    while (last + 1 < ranks.size() && ranks[last + 1] == ranks[last] + 1) ++last;
    text += fmt::format("{}{}", text.empty() ? "" : ",", ranks[first]);
    if (last > first) text += fmt::format("-{}", ranks[last]);
    first = last + 1;
  }
  return text;
}

Row row_of(const RunningTrial& trial, const std::string& metric) {
  return {describe_ranks(trial.ranks), trial.last ? std::to_string(trial.last->epoch) : "-",
          trial.last ? monitor::format_metric(metric, trial.last->metric) : "-", format_duration(trial.seconds),
          describe_parameters(trial.parameters)};
}

void add_running(std::vector<std::string>& lines, const BoardView& view, const std::string& metric) {
  if (view.running.empty()) return;
  std::vector<Row> rows = {{"ranks", "epoch", metric, "time", "trial"}};
  for (const RunningTrial& trial : view.running) rows.push_back(row_of(trial, metric));
  std::array<std::size_t, 4> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    std::string line = "  ";
    for (std::size_t i = 0; i < widths.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    lines.push_back(line + row.back());
  }
}

}  // namespace

std::vector<std::string> write_board(const BoardView& view, const std::string& metric) {
  std::string head = describe_counts(view);
  if (!is_over(view)) {
    head += fmt::format(", {} running, {} queued", view.running.size(), format_count(view.queued));
  }
  std::vector<std::string> lines = {"sweep  " + head};
  lines.push_back("time   " + format_duration(view.elapsed_seconds) +
                  (is_over(view) ? std::string() : ", " + describe_time_left(view)));
  lines.push_back(fmt::format("ranks  {} of {} busy, {} of the time", view.busy_ranks, view.ranks,
                              format_share(view.busy_share())));
  if (view.best) lines.push_back("best   " + describe_best(view, metric));
  add_running(lines, view, metric);
  return lines;
}

std::string write_board_summary(const BoardView& view, const std::string& metric) {
  std::string text = describe_counts(view);
  if (!is_over(view)) {
    text += fmt::format("; {} running, {} queued; {}", view.running.size(), format_count(view.queued),
                        describe_time_left(view));
  }
  if (view.best) {
    text += fmt::format("; best {} {} with {}", metric, monitor::format_metric(metric, view.best->metric),
                        describe_parameters(view.best->parameters));
  }
  text +=
      fmt::format("; {}, ranks busy {} of it", format_duration(view.elapsed_seconds), format_share(view.busy_share()));
  if (view.running.empty()) text += fmt::format(" ({} rank-seconds idle)", format_rate(view.idle_rank_seconds()));
  return text;
}

}  // namespace hpctrain::sweep
