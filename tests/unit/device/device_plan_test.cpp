// Which GPU a rank takes, and when it is refused one.
#include "device/device_plan.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace hpctrain::device {
namespace {

NodeDevices shared_node(int local_rank, int ranks, int gpus) {
  return {local_rank, gpus, std::vector<std::string>(static_cast<std::size_t>(ranks), gpus > 0 ? "0000:01" : "")};
}

std::string refusal(DeviceWish wish, const NodeDevices& node) {
  try {
    plan_device(wish, node);
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::device);
    return error.what();
  }
  return "";
}

TEST(PlanDevice, LocalRankChoosesAmongSharedGpus) {
  EXPECT_EQ(plan_device(DeviceWish::automatic, shared_node(0, 4, 4)), 0);
  EXPECT_EQ(plan_device(DeviceWish::cuda, shared_node(3, 4, 8)), 3);
}

TEST(PlanDevice, PrivateGpusAlwaysHaveOrdinalZero) {
  EXPECT_EQ(plan_device(DeviceWish::automatic, {2, 1, {"0000:01", "0000:02", "0000:03"}}), 0);
}

TEST(PlanDevice, OneGpuSeenByTwoRanksIsNotPrivate) {
  EXPECT_NE(refusal(DeviceWish::automatic, {1, 1, {"0000:01", "0000:01"}}).find("2 ranks but only 1 GPU is visible"),
            std::string::npos);
}

TEST(PlanDevice, WithoutGpusAutomaticTakesTheCpuAndCudaIsRefused) {
  EXPECT_FALSE(plan_device(DeviceWish::automatic, shared_node(1, 2, 0)).has_value());
  EXPECT_NE(refusal(DeviceWish::cuda, shared_node(1, 2, 0)).find("--device cpu"), std::string::npos);
}

TEST(PlanDevice, TheCpuIsTakenOnWishWhateverThereIs) {
  EXPECT_FALSE(plan_device(DeviceWish::cpu, shared_node(3, 4, 1)).has_value());
}

TEST(HasPrivateGpus, WhenEveryLocalRankSeesAnotherFirstGpu) {
  EXPECT_TRUE(has_private_gpus({"0000:01", "0000:02"}));
  EXPECT_FALSE(has_private_gpus({"0000:01", "0000:01"}));
  EXPECT_FALSE(has_private_gpus({"0000:01"}));
  EXPECT_FALSE(has_private_gpus({"0000:01", ""}));
}

}  // namespace
}  // namespace hpctrain::device
