#include "monitor/step_trace.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

namespace hpctrain::monitor {
namespace {

constexpr std::uint64_t kMostSteps = 1000;

std::optional<std::uint64_t> read_count(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > 0 ? std::optional(value) : std::nullopt;
}

std::string dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Microseconds with three digits behind the point: a trace's usual resolution.
double microseconds(double seconds) {
  return std::round(seconds * 1e9) / 1e3;
}

std::string lane_name(int lane) {
  if (lane == kStepLane) return "steps";
  if (lane == kPhaseLane) return "phases";
  return lane == kOperatorLane ? "operators" : "operators of thread " + std::to_string(lane - kOperatorLane + 1);
}

nlohmann::ordered_json write_name(const char* kind, int rank, int lane, const std::string& name) {
  return {{"name", kind}, {"ph", "M"}, {"pid", rank}, {"tid", lane}, {"args", {{"name", name}}}};
}

}  // namespace

std::optional<StepRange> read_step_range(std::string_view text) {
  const auto colon = text.find(':');
  const auto first = read_count(text.substr(0, colon));
  const auto last = colon == std::string_view::npos ? first : read_count(text.substr(colon + 1));
  if (!first || !last || *last < *first || *last - *first >= kMostSteps) return std::nullopt;
  return StepRange{*first, *last};
}

std::string write_trace_events(const RankTrace& trace) {
  if (trace.slices.empty()) return "";
  std::string text =
      dump(write_name("process_name", trace.rank, 0, "rank " + std::to_string(trace.rank) + " on " + trace.host));
  text += ",\n" + dump({{"name", "process_sort_index"},
                        {"ph", "M"},
                        {"pid", trace.rank},
                        {"tid", 0},
                        {"args", {{"sort_index", trace.rank}}}});
  std::vector<int> lanes;
  for (const TraceSlice& slice : trace.slices) {
    if (std::find(lanes.begin(), lanes.end(), slice.lane) == lanes.end()) lanes.push_back(slice.lane);
  }
  for (const int lane : lanes) text += ",\n" + dump(write_name("thread_name", trace.rank, lane, lane_name(lane)));
  for (const TraceSlice& slice : trace.slices) {
    text += ",\n" + dump({{"name", slice.name},
                          {"ph", "X"},
                          {"pid", trace.rank},
                          {"tid", slice.lane},
                          {"ts", microseconds(slice.begin_seconds + trace.steady_to_unix)},
                          {"dur", microseconds(slice.end_seconds - slice.begin_seconds)}});
  }
  return text;
}

std::vector<OperatorSum> plan_top_operators(std::span<const TraceSlice> operators, std::size_t most) {
  std::vector<TraceSlice> sorted(operators.begin(), operators.end());
  // Whoever calls comes before what it calls.
  std::sort(sorted.begin(), sorted.end(), [](const TraceSlice& a, const TraceSlice& b) {
    return std::tuple(a.lane, a.begin_seconds, -a.end_seconds) < std::tuple(b.lane, b.begin_seconds, -b.end_seconds);
  });
  std::map<std::string, OperatorSum> sums;
  std::vector<const TraceSlice*> callers;
  for (const TraceSlice& slice : sorted) {
    const double seconds = slice.end_seconds - slice.begin_seconds;
    while (!callers.empty() &&
           (callers.back()->lane != slice.lane || callers.back()->end_seconds < slice.end_seconds)) {
      callers.pop_back();
    }
    if (!callers.empty()) sums[callers.back()->name].own_seconds -= seconds;
    OperatorSum& sum = sums[slice.name];
    sum.name = slice.name;
    sum.calls += 1;
    sum.own_seconds += seconds;
    callers.push_back(&slice);
  }
  std::vector<OperatorSum> top;
  for (auto& [name, sum] : sums) top.push_back(std::move(sum));
  std::stable_sort(top.begin(), top.end(), [](const auto& a, const auto& b) { return a.own_seconds > b.own_seconds; });
  if (top.size() > most) top.resize(most);
  return top;
}

std::string write_trace_file(std::span<const std::string> events_of_ranks, std::span<const OperatorSum> top_operators) {
  std::string events;
  for (const std::string& of_rank : events_of_ranks) {
    if (!of_rank.empty()) events += (events.empty() ? "" : ",\n") + of_rank;
  }
  auto top = nlohmann::ordered_json::array();
  for (const OperatorSum& sum : top_operators) {
    top.push_back({{"name", sum.name}, {"calls", sum.calls}, {"own_seconds", sum.own_seconds}});
  }
  return "{\"displayTimeUnit\":\"ms\",\n\"top_operators\":" + dump(top) + ",\n\"traceEvents\":[\n" + events + "\n]}\n";
}

}  // namespace hpctrain::monitor
