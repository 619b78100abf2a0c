// Which GPU a rank takes, and when it is refused one.
#include "comm/device_binding.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace hpctrain::comm {

namespace {

Fault fault_of(int local_rank, int visible_devices) {
  try {
    plan_device(local_rank, visible_devices);
  } catch (const Error& error) {
    return error.fault();
  }
  return Fault::bug;
}

TEST(PlanDevice, LocalRankChoosesAmongSharedDevices) {
  EXPECT_EQ(plan_device(0, 4), 0);
  EXPECT_EQ(plan_device(3, 4), 3);
}

TEST(PlanDevice, FewerDevicesThanRanksAreRefused) {
  EXPECT_EQ(fault_of(2, 2), Fault::device);
  EXPECT_EQ(fault_of(0, 0), Fault::device);
}

TEST(PlanDevice, PrivateDevicesAlwaysHaveOrdinalZero) {
  EXPECT_EQ(plan_device(3, 1, true), 0);
}

TEST(HasPrivateDevices, WhenEveryLocalRankSeesAnotherFirstDevice) {
  EXPECT_TRUE(has_private_devices({"GPU-a", "GPU-b"}));
  EXPECT_FALSE(has_private_devices({"GPU-a", "GPU-a"}));
  EXPECT_FALSE(has_private_devices({"GPU-a"}));
  EXPECT_FALSE(has_private_devices({"GPU-a", ""}));
}

}  // namespace

}  // namespace hpctrain::comm
