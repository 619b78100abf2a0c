#include "tools/memory_plan.hpp"

#include <algorithm>

namespace hpctrain::tools {
namespace {

constexpr std::uint64_t kSlotsInUse = 2;  // of data::Loader, besides those that are read ahead

}  // namespace

MemoryForecast plan_memory(const StepProbeReport& probe, const train::RunSettings& settings, std::uint64_t samples,
                           bool is_on_gpu) {
  MemoryForecast forecast;
  forecast.state = probe.state;
  const std::uint64_t row_bytes = probe.row_bytes * samples;
  if (is_on_gpu) {
    forecast.slots = row_bytes;  // beside the one that a step was measured with
  } else {
    forecast.slots = (static_cast<std::uint64_t>(settings.loader.depth) + kSlotsInUse) * row_bytes;
    forecast.saved = probe.state.total() - probe.state.gradients;
  }
  // An evaluation reads into slots of its own, and keeps the weights aside while their averages stand in their place.
  const std::uint64_t evaluation = MemoryCurve(probe.evaluation).bytes(samples) + forecast.slots + probe.state.average;
  // In a step of one micro-step the loss over the whole batch comes while all activations wait for backward.
  const std::uint64_t training = MemoryCurve(probe.points).bytes(samples) + probe.spanning_loss_bytes;
  forecast.activations = std::max(training, evaluation);
  return forecast;
}

}  // namespace hpctrain::tools
