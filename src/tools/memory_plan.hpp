// From a measured step to the memory of a rank at any size of micro-batch. Pure.
#pragma once

#include <cstdint>

#include "tools/memory_forecast.hpp"
#include "tools/step_probe.hpp"
#include "train/settings.hpp"

namespace hpctrain::tools {

/// All that rank zero needs on its device for micro-batches of so many samples; the other ranks need no more. Resident
/// images are left out.
MemoryForecast plan_memory(const StepProbeReport& probe, const train::RunSettings& settings, std::uint64_t samples,
                           bool is_on_gpu);

}  // namespace hpctrain::tools
