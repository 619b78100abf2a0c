// What was found out about replicates, for people and for scripts: sentences, SWEEP/replicates.csv, a part of
// sweep.json (docs/formats/sweep.md). Pure text.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sweep/replicates.hpp"

namespace hpctrain::sweep {

/// The best configuration's mean, then "optim.lr=0.1 beats optim.lr=0.03 by 0.30 ± 0.10 points (5 seeds)" or "… are not
/// told apart …" for each other one, `most` of them. Nothing where no configuration has two replicates.
std::vector<std::string> describe_replicates(const ReplicateReport& report, const std::string& metric,
                                             std::size_t most);

/// Columns: every axis that is no replicate's, replicates, mean, standard_deviation, common, best_is_better_by,
/// half_width_95, verdict (best, beaten, not told apart, better).
std::string write_replicates_csv(const ReplicateReport& report);

/// An array, best first.
nlohmann::ordered_json replicates_to_json(const ReplicateReport& report);

}  // namespace hpctrain::sweep
