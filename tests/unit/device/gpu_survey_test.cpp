// A folder stands for the root of a node's file system.
#include "device/gpu_survey.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temporary_folder.hpp"

namespace hpctrain::device {
namespace {

void make_file(const std::filesystem::path& path) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << "\n";
}

TEST(GpuSurvey, FindsNoHardwareWhereTheDriverShowsNone) {
  const test::TemporaryFolder root;
  EXPECT_FALSE(survey_gpus(DeviceWish::automatic, root.path()).has_hardware);
}

TEST(GpuSurvey, FindsHardwareByItsDeviceFile) {
  const test::TemporaryFolder root;
  make_file(root / "dev/nvidia0");
  EXPECT_TRUE(survey_gpus(DeviceWish::automatic, root.path()).has_hardware);
}

TEST(GpuSurvey, FindsHardwareByTheDriversFolder) {
  const test::TemporaryFolder root;
  make_file(root / "proc/driver/nvidia/version");
  EXPECT_TRUE(survey_gpus(DeviceWish::cuda, root.path()).has_hardware);
}

TEST(GpuSurvey, LooksForNothingWhereCpusAreWished) {
  const test::TemporaryFolder root;
  make_file(root / "dev/nvidia0");
  EXPECT_FALSE(survey_gpus(DeviceWish::cpu, root.path()).has_hardware);
}

}  // namespace
}  // namespace hpctrain::device
