// What a run says about itself before the first step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "apps/settings.hpp"
#include "train/training_run.hpp"

namespace hpctrain::apps {

/// Data, network, ranks, devices and the arithmetic of the batch, in aligned columns.
std::string make_start_table(const Settings& settings, const train::RunContext& context, std::size_t cpus_per_rank,
                             std::int64_t parameters);

}  // namespace hpctrain::apps
