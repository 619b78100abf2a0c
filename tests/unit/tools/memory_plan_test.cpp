#include "tools/memory_plan.hpp"

#include <gtest/gtest.h>

namespace hpctrain::tools {
namespace {

TEST(MemoryPlan, HasALossOverTheWholeBatchBesideTheActivations) {
  StepProbeReport probe;
  probe.points = {{2, 2000}, {4, 4000}};
  probe.evaluation = {{2, 200}, {4, 400}};
  const train::RunSettings settings;
  EXPECT_EQ(plan_memory(probe, settings, 8, /*is_on_gpu=*/true).activations, 8000u);
  probe.spanning_loss_bytes = 500;
  EXPECT_EQ(plan_memory(probe, settings, 8, /*is_on_gpu=*/true).activations, 8500u);
  probe.evaluation = {{2, 20'000}, {4, 40'000}};
  EXPECT_EQ(plan_memory(probe, settings, 8, /*is_on_gpu=*/true).activations, 80'000u);
}

}  // namespace
}  // namespace hpctrain::tools
