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

TEST_F(MemoryRoom, IsWhatTheGroupHasLeftBesideItsPageCache) {
  write("meminfo", "MemAvailable: 8000000 kB\n");
  EXPECT_EQ(memory_room(files()), 8'192'000'000u);
  write("own", "0::/slurm/job_7/step_0\n");
  write("groups/slurm/job_7/memory.max", "5000000\n");
  EXPECT_EQ(memory_room(files()), 5'000'000u);
  write("groups/slurm/job_7/memory.current", "4000000\n");
  write("groups/slurm/job_7/memory.stat", "anon 1500000\nfile 2500000\ninactive_file 2000000\nactive_file 400000\n");
  EXPECT_EQ(memory_room(files()), 3'400'000u);
  write("groups/slurm/job_7/step_0/memory.max", "3000000\n");
  write("groups/slurm/job_7/step_0/memory.current", "2500000\n");
  EXPECT_EQ(memory_room(files()), 500'000u);
  write("groups/slurm/job_7/step_0/memory.current", "3100000\n");
  EXPECT_EQ(memory_room(files()), 0u);
  write("meminfo", "MemAvailable: 100 kB\n");
  write("groups/slurm/job_7/step_0/memory.current", "1000\n");
  EXPECT_EQ(memory_room(files()), 102'400u);
}

TEST_F(MemoryRoom, CountsWhatGroupsBelowHoldInTheOlderControlGroups) {
  write("meminfo", "MemAvailable: 8000000 kB\n");
  write("own", "4:memory:/job\n");
  write("groups/memory/job/memory.limit_in_bytes", "3000000\n");
  write("groups/memory/job/memory.usage_in_bytes", "2000000\n");
  write("groups/memory/job/memory.stat", "inactive_file 7\ntotal_inactive_file 600000\ntotal_active_file 300000\n");
  EXPECT_EQ(memory_room(files()), 1'900'000u);
}

TEST_F(MemoryRoom, OfAContainerIsFoundAtTheTop) {
  write("own", "0::/kubepods/pod1\n");
  write("groups/memory.max", "5000000\n");
  EXPECT_EQ(memory_limit(files()), std::optional<std::uint64_t>(5000000));
}

}  // namespace
}  // namespace hpctrain
