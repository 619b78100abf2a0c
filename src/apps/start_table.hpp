// What a run says about itself before the first step.
#pragma once

#include <string>
#include <vector>

#include "apps/rank_views.hpp"
#include "apps/settings.hpp"
#include "train/training_run.hpp"

namespace hpctrain::apps {

/// Data, images, network, ranks, devices, scratch and the arithmetic of the batch, in aligned columns.
std::string make_start_table(const Settings& settings, const train::RunContext& context,
                             const std::vector<RankView>& views, const train::TrainingRun& run);

}  // namespace hpctrain::apps
