// A process killed while it copies, again and again at other moments: what it leaves heals at the next start.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "data/node_cache.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

using hpctrain::test::TemporaryFolder;
using test::PackedFixture;

const CachePlan kReplicate{CacheMode::replicate, 1ull << 30, "", false};

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

[[noreturn]] void copy_until_killed(const PackedFixture& packed, const std::filesystem::path& scratch) {
  NodeCache cache(packed.index, kReplicate, scratch, {.splits = {"train", "test"}, .uses = {}}, {});
  for (;;) ::pause();
}

/// Names that a killed process may leave: copies, records, and what becomes of them.
std::size_t unfinished_files(const std::filesystem::path& scratch) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch)) {
    if (entry.path().extension() == ".part" || entry.path().extension() == ".tmp") ++count;
  }
  return count;
}

TEST(CacheKill, WhatAKilledProcessLeavesHealsAtTheNextStart) {
  const PackedFixture& packed = test::shared_fixture();
  for (int microseconds = 0; microseconds < 4000; microseconds += 100) {
    const TemporaryFolder scratch;
    const pid_t child = ::fork();
    if (child == 0) copy_until_killed(packed, scratch.path());
    ::usleep(static_cast<useconds_t>(microseconds));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    NodeCache cache(packed.index, kReplicate, scratch.path(), {.splits = {"train", "test"}, .uses = {}}, {});
    ASSERT_TRUE(cache.wait_until_staged(20)) << microseconds;
    for (std::size_t shard = 0; shard < packed.index.shards.size(); ++shard) {
      EXPECT_EQ(contents(cache.locate(shard).file), contents(packed.shard(shard))) << microseconds;
    }
    EXPECT_EQ(unfinished_files(scratch.path()), 0u) << microseconds;
  }
}

}  // namespace
}  // namespace hpctrain::data
