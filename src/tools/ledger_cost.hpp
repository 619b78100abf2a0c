// What it costs to keep account of the time: measured by doing it many times.
#pragma once

#include <filesystem>

namespace hpctrain::tools {

struct LedgerCost {
  double switch_seconds = 0;  ///< from one phase to the next, published to the watchdog
  double line_seconds = 0;    ///< of a step in metrics.jsonl and for TensorBoard
};

/// Means over many calls.
///   `folder`  exists; takes some megabytes of files
///   cost      about half a second
LedgerCost measure_ledger_cost(const std::filesystem::path& folder);

}  // namespace hpctrain::tools
