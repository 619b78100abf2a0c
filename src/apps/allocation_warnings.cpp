#include "apps/allocation_warnings.hpp"

#include "core/log.hpp"
#include "tools/diagnosis.hpp"
#include "tools/preflight_survey.hpp"

namespace hpctrain::apps {

void warn_of_allocation(comm::MpiSession& session, const RankedStart& start) {
  const tools::SurveyPlace place{session.placement(), session.launch(), start.environment(), start.input().settings.run,
                                 start.granted_cpus()};
  tools::PreflightFacts facts = tools::survey_all(session.world(), place);
  if (!session.world().is_leader()) return;
  // What a crash would leave is the doctor's to say: half of all sites limit nothing there.
  for (auto& rank : facts.ranks) rank.limits.core_bytes = 0;
  for (const tools::Finding& finding : tools::plan_diagnosis(facts)) {
    if (finding.level == tools::FindingLevel::good) continue;
    log_warning("{}: {}; {}", finding.check, finding.found, finding.cure);
  }
}

}  // namespace hpctrain::apps
