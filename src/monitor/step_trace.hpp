// What happened when during a few steps: slices of time on lanes, and their text for Perfetto and chrome://tracing.
// Pure; who records calls add. Must not know torch.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hpctrain::monitor {

/// Updates first … last, counted from 1 as metrics.jsonl does.
struct StepRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  bool contains(std::uint64_t step) const noexcept { return first <= step && step <= last; }
  bool operator==(const StepRange&) const = default;
};

/// "100:110" or "100". Empty for anything else, a backward range, or more than 1,000 steps.
std::optional<StepRange> read_step_range(std::string_view text);

struct TraceSlice {
  std::string name;
  double begin_seconds = 0;  ///< of the steady clock
  double end_seconds = 0;
  int lane = 0;  ///< slices of a lane lie beside or inside each other
};

/// Lanes of a rank; threads of the operators follow.
inline constexpr int kStepLane = 0;
inline constexpr int kPhaseLane = 1;
inline constexpr int kOperatorLane = 2;

struct RankTrace {
  int rank = 0;
  std::string host;
  double steady_to_unix = 0;  ///< what to add to the steady clock, so that nodes lie beside each other
  std::vector<TraceSlice> slices;
};

/// The rank's elements of "traceEvents", separated by commas; empty for no slices.
///   source  "Trace Event Format", the JSON object form with complete events; moments in microseconds
std::string write_trace_events(const RankTrace& trace);

struct OperatorSum {
  std::string name;
  std::uint64_t calls = 0;
  double own_seconds = 0;  ///< without the operators it called
};

/// The `most` operators with the longest time of their own.
std::vector<OperatorSum> plan_top_operators(std::span<const TraceSlice> operators, std::size_t most);

/// The whole file from what ranks wrote.
std::string write_trace_file(std::span<const std::string> events_of_ranks, std::span<const OperatorSum> top_operators);

}  // namespace hpctrain::monitor
