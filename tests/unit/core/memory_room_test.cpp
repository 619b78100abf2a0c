#include "core/memory_room.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "support/temporary_folder.hpp"

namespace hpctrain {
namespace {

/// What Linux shows of a node, in a folder.
class MemoryRoom : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name) << text;
  }
  MemoryFiles files() const { return {folder_.path() / "meminfo", folder_.path() / "own", folder_.path() / "groups"}; }

  test::TemporaryFolder folder_;
};

TEST_F(MemoryRoom, IsWhatTheKernelCallsAvailable) {
  write("meminfo", "MemTotal:       24600000 kB\nMemFree:        1000 kB\nMemAvailable:   2048 kB\nBuffers: 1 kB\n");
  EXPECT_EQ(available_memory(files()), 2048u << 10);
}

TEST_F(MemoryRoom, IsUnknownWhereNothingTells) {
  EXPECT_EQ(available_memory(files()), 0u);
  EXPECT_EQ(memory_limit(files()), std::nullopt);
}

TEST_F(MemoryRoom, IsTheSmallestLimitAboveAProcess) {
  write("own", "0::/slurm/job_7/step_0\n");
  write("groups/slurm/memory.max", "max\n");
  write("groups/slurm/job_7/memory.max", "1000000\n");
  write("groups/slurm/job_7/step_0/memory.max", "2000000\n");
  EXPECT_EQ(memory_limit(files()), std::optional<std::uint64_t>(1000000));
}

TEST_F(MemoryRoom, KnowsTheOlderControlGroups) {
  write("own", "5:cpuset,memory:/job\n4:cpu:/job\n");
  write("groups/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(memory_limit(files()), std::nullopt);
  write("groups/memory/job/memory.limit_in_bytes", "3000000\n");
  EXPECT_EQ(memory_limit(files()), std::optional<std::uint64_t>(3000000));
}

TEST_F(MemoryRoom, OfAContainerIsFoundAtTheTop) {
  write("own", "0::/kubepods/pod1\n");
  write("groups/memory.max", "5000000\n");
  EXPECT_EQ(memory_limit(files()), std::optional<std::uint64_t>(5000000));
}

}  // namespace
}  // namespace hpctrain
