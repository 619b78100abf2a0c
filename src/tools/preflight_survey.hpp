// What a process finds of its job, its node and itself without measuring anything: cheap enough for the start of every
// training. Judges nothing.
#pragma once

#include <cstdint>

#include "comm/communicator.hpp"
#include "comm/launch.hpp"
#include "core/placement.hpp"
#include "tools/doctor_facts.hpp"
#include "train/settings.hpp"

namespace hpctrain::tools {

/// Who looks, and with what in mind.
struct SurveyPlace {
  const Placement& placement;
  const comm::Launch& launch;
  const comm::Environment& environment;
  const train::RunSettings& settings;
  std::uint64_t cpu_share = 1;  ///< CPUs that this rank keeps busy
};

JobFacts survey_job(const SurveyPlace& place);
NodeFacts survey_node(const SurveyPlace& place);
RankFacts survey_rank(const SurveyPlace& place);

/// All of them, and the nodes' clocks, on every rank.
///   collective  all ranks of `world`
///   cost        some messages between rank zero and each node, one gathering of a few hundred bytes a rank
PreflightFacts survey_all(comm::Communicator& world, const SurveyPlace& place);

/// The clock of this rank's node against rank zero's; only node leaders are told.
///   collective  all ranks of `world`
double compare_clocks(comm::Communicator& world, const Placement& placement);

}  // namespace hpctrain::tools
