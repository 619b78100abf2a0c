// A forecast beside what a run then did: peak memory and seconds per epoch, from the run's own record. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/run_record.hpp"

namespace hpctrain::tools {

struct RunFigures {
  std::optional<double> peak_bytes{};     ///< of tensors, of the rank that had most
  std::optional<double> epoch_seconds{};  ///< of training steps; evaluations and checkpoints are not in it
};

/// What the run's metrics.jsonl says of it. Seconds are the median over whole epochs but the first, which warms up; of
/// a run of one epoch that one's; of a run without any, its steps' mean times `steps_per_epoch`.
RunFigures read_run_figures(const RunRecord& record, std::uint64_t steps_per_epoch);

/// Ranks that the run was last started on; 1 where it does not say.
int ranks_of(const RunRecord& record);

/// A line for each figure: forecast, truth, and how far the forecast was off.
std::string describe_review(const RunFigures& forecast, const RunFigures& truth);
std::string review_to_json(const RunFigures& forecast, const RunFigures& truth);

}  // namespace hpctrain::tools
