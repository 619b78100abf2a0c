#include "tools/storage_probes.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <fstream>

#include "core/owned_descriptor.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace hpctrain::tools {
namespace {

namespace fs = std::filesystem;

fs::path write_file(const fs::path& path, std::size_t bytes) {
  std::ofstream(path) << std::string(bytes, 'x');
  return path;
}

TEST(MeasureReading, ReadsAllFilesWhereTheBoundsAllow) {
  const test::TemporaryFolder folder;
  const auto reading = measure_reading({write_file(folder / "a", 3'000'000), write_file(folder / "b", 10)}, {});
  EXPECT_EQ(reading.bytes, 3'000'010U);
  EXPECT_GT(reading.per_second(), 0);
}

TEST(MeasureReading, EndsNearTheBoundOfBytes) {
  const test::TemporaryFolder folder;
  const auto reading = measure_reading({write_file(folder / "a", 5 << 20), write_file(folder / "b", 5 << 20)},
                                       {.bytes = 2 << 20, .seconds = 60});
  EXPECT_EQ(reading.bytes, std::uint64_t{2} << 20);
}

TEST(MeasureReading, NamesTheFileThatIsGone) {
  test::expect_error(Fault::storage, {"/nowhere/a"}, [] { measure_reading({"/nowhere/a"}, {}); });
}

TEST(MeasureWriting, LeavesNothingBehind) {
  const test::TemporaryFolder folder;
  const auto writing = measure_writing(posix_file_system(), folder.path(), {.bytes = 8 << 20, .seconds = 60});
  EXPECT_EQ(writing.bytes, std::uint64_t{8} << 20);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(MeasureWriting, EndsAfterOneFileWhenTimeIsUp) {
  const test::TemporaryFolder folder;
  const auto writing = measure_writing(posix_file_system(), folder.path(), {.bytes = 1 << 30, .seconds = 1e-9});
  EXPECT_LE(writing.bytes, std::uint64_t{4} << 20);
}

TEST(FindLockObstacle, AFileThatAnotherHoldsCanBeLockedInPrinciple) {
  const test::TemporaryFolder folder;
  const auto path = write_file(folder / "a", 1);
  EXPECT_EQ(find_lock_obstacle(path), "");
  const OwnedDescriptor other = open_retrying(path, O_RDWR);
  ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
  EXPECT_EQ(find_lock_obstacle(path), "");
}

TEST(FindLockObstacle, NamesAFileThatIsNotThere) {
  EXPECT_NE(find_lock_obstacle("/nowhere/a").find("/nowhere/a cannot be opened"), std::string::npos);
}

TEST(FindWriteObstacle, AFolderThatTakesFilesHasNoneAndStaysEmpty) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(find_write_obstacle(folder.path()), "");
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(FindWriteObstacle, GivesTheSystemsReason) {
  EXPECT_NE(find_write_obstacle("/proc/self").find("/proc/self cannot be written: "), std::string::npos);
}

TEST(NearestExisting, ClimbsToWhatIsThere) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(nearest_existing(folder / "a/b/c"), folder.path());
  EXPECT_EQ(nearest_existing(folder.path()), folder.path());
}

}  // namespace
}  // namespace hpctrain::tools
