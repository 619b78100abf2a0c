// The closing words of a run: how good, how fast, where the time went, where the results lie. Pure text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/step_clock.hpp"

namespace hpctrain::monitor {

struct SplitResult {
  std::string split;  ///< validation, test, …
  std::map<std::string, double> metrics;
};

struct RunSummary {
  std::string reason{};  ///< "all epochs done", "stopped: wall time", …
  std::uint64_t steps = 0;
  std::uint64_t epochs = 0;
  std::uint64_t samples = 0;                        ///< of this start, over the world
  std::optional<std::uint64_t> skipped_updates{};   ///< of the whole run; empty: none can be skipped
  double samples_per_second = 0;                    ///< over the world, in the time of steps
  double wall_seconds = 0;                          ///< of this start
  PhaseSeconds phases{};                            ///< of this start, mean over ranks
  PhaseSeconds device_phases{};                     ///< likewise, by the devices' account where there is one
  std::map<std::string, double> augment_seconds{};  ///< of rank zero, by kind of operation; may be empty
  std::string memory{};                             ///< what tensors held; empty: nothing was measured
  std::string gpus{};                               ///< how busy they were; empty: nobody told
  std::string verdict{};                            ///< what held it up; empty: nothing was judged
  std::vector<SplitResult> results{};
  std::filesystem::path run_folder{};
};

/// A metric as people read it: "top1" 0.8912 → "89.12 %", "mre_mm" → "1.234 mm", "loss" → "0.3127".
std::string format_metric(const std::string& name, double value);

/// A difference of two values of a metric, with how uncertain it is: "0.30 ± 0.10 points" of shares, "0.120 ± 0.040
/// mm", "0.0123 ± 0.0021"; "0.30 points" where that is not known.
std::string format_difference(const std::string& name, double value, std::optional<double> half_width);

/// Shares and scores between 0 and 1, by the name of a metric.
bool is_fraction(std::string_view metric);

/// "waiting for data", "exposed communication", …: a phase for people.
std::string_view phase_words(Phase phase);

/// Where the time went, largest part first: "forward 41.0 %, backward 39.5 %, waiting for data 8.1 %, …".
std::string describe_phases(const PhaseSeconds& phases);

/// Several lines, each ended by a newline.
std::string make_summary_text(const RunSummary& summary);

}  // namespace hpctrain::monitor
