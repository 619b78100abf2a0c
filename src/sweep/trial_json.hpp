// Outcomes and scores as members of a JSON object: the same in letters between ranks and in the ledger, whose format
// docs/formats/ledger.md gives.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "sweep/trial.hpp"

namespace hpctrain::sweep {

nlohmann::json outcome_to_json(const TrialOutcome& outcome);
///   errors  nlohmann::json::exception for a member that is missing or of another type
TrialOutcome outcome_from_json(const nlohmann::json& members);

nlohmann::json score_to_json(const Score& score);
///   errors  as outcome_from_json()
Score score_from_json(const nlohmann::json& members);

}  // namespace hpctrain::sweep
