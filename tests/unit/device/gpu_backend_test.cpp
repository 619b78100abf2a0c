// Each case in a process of its own: what is loaded stays, and ATen asks once.
#include "device/gpu_backend.hpp"

#include <ATen/detail/CUDAHooksInterface.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "device/gpu_identity.hpp"
#include "support/temporary_folder.hpp"

namespace hpctrain::device {
namespace {

class GpuBackendDeathTest : public testing::Test {
 protected:
  GpuBackendDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  /// Ends the process with 0 when the backend is loaded, and in ATen's eyes, exactly if `is_expected`.
  [[noreturn]] void load_and_exit(bool is_wished, bool is_expected) const {
    const bool is_loaded = load_gpu_backend(is_wished, root_.path());
    const bool is_registered = at::detail::getCUDAHooks().hasCUDART();
    std::error_code ignored;
    std::filesystem::remove_all(root_.path(), ignored);  // no destructor runs
    std::exit(is_loaded == is_expected && is_registered == is_expected ? 0 : 1);
  }

  const test::TemporaryFolder root_;
};

TEST_F(GpuBackendDeathTest, StaysOutWhereNoGpuIs) {
  EXPECT_EXIT(load_and_exit(false, is_built_for_gpus() && has_gpu_hardware()), testing::ExitedWithCode(0), "");
}

TEST_F(GpuBackendDeathTest, RegistersItselfWhereTheDriverShowsAGpu) {
  std::filesystem::create_directories(root_ / "dev");
  std::ofstream(root_ / "dev/nvidiactl") << "\n";
  EXPECT_EXIT(load_and_exit(false, is_built_for_gpus()), testing::ExitedWithCode(0), "");
}

TEST_F(GpuBackendDeathTest, RegistersItselfWhereAGpuIsWished) {
  EXPECT_EXIT(load_and_exit(true, is_built_for_gpus()), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace hpctrain::device
