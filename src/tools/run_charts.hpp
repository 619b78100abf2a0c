// The charts of a run's report. Pure.
#pragma once

#include <string>
#include <vector>

#include "tools/chart_axis.hpp"
#include "tools/run_record.hpp"

namespace hpctrain::tools {

/// How a metric's axis is written: shares in percent, lengths in millimetres.
ValueFormat metric_format(const std::string& metric);

/// Loss of steps and evaluations, every other metric by split, learning rate.
std::vector<std::string> draw_learning(const RunRecord& record);
/// Shares of the phases over the steps of rank zero, throughput, memory.
std::vector<std::string> draw_resources(const RunRecord& record);

}  // namespace hpctrain::tools
