// The one promise of a durable write, tried at every operation and every kind of loss: old or new, never a mixture.
#include "core/durable_write.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "core/error.hpp"
#include "core/simulated_file_system.hpp"
#include "support/temporary_folder.hpp"

namespace hpctrain {
namespace {

using testing::AnyOf;
using testing::ElementsAre;

SimulatedFileSystem make_disk_with_old_text() {
  SimulatedFileSystem files;
  files.create_folders("/run");
  files.sync_folder("/");
  write_file_durably(files, "/run/a.json", "old text");
  return files.after_power_loss();
}

std::uint64_t operations_of_one_write() {
  SimulatedFileSystem files = make_disk_with_old_text();
  write_file_durably(files, "/run/a.json", "new text");
  return files.operations();
}

TEST(DurableWrite, SurvivesAPowerLossOnceItReturned) {
  SimulatedFileSystem files = make_disk_with_old_text();
  write_file_durably(files, "/run/a.json", "new text");
  for (const bool keeps_entries : {false, true}) {
    SimulatedFileSystem found = files.after_power_loss({.keeps_entries = keeps_entries});
    EXPECT_EQ(found.read_file("/run/a.json"), "new text");
    EXPECT_THAT(found.list_folder("/run"), ElementsAre("a.json"));
  }
}

TEST(DurableWrite, LeavesOldOrNewAfterACrashAtAnyOperation) {
  const std::uint64_t operations = operations_of_one_write();
  ASSERT_GE(operations, 5u);
  for (std::uint64_t index = 0; index < operations; ++index) {
    SimulatedFileSystem files = make_disk_with_old_text();
    files.crash_at(index);
    EXPECT_THROW(write_file_durably(files, "/run/a.json", "new text"), SimulatedCrash);
    ASSERT_TRUE(files.has_injected());
    for (int kind = 0; kind < 8; ++kind) {
      const PowerLoss loss{(kind & 1) != 0, (kind & 2) != 0, (kind & 4) != 0};
      SimulatedFileSystem found = files.after_power_loss(loss);
      EXPECT_THAT(found.read_file("/run/a.json"), AnyOf("old text", "new text"))
          << "crash at operation " << index << ", kind of loss " << kind;
    }
  }
}

TEST(DurableWrite, RemovesItsTemporaryWhenAnyOperationFails) {
  const std::uint64_t operations = operations_of_one_write();
  for (const int error_number : {ENOSPC, EIO}) {
    for (std::uint64_t index = 0; index < operations; ++index) {
      SimulatedFileSystem files = make_disk_with_old_text();
      files.fail_at(index, error_number);
      EXPECT_THROW(write_file_durably(files, "/run/a.json", "new text"), Error);
      ASSERT_TRUE(files.has_injected());
      SimulatedFileSystem found = files.after_kill();
      EXPECT_THAT(found.list_folder("/run"), ElementsAre("a.json")) << "operation " << index;
      EXPECT_THAT(found.read_file("/run/a.json"), AnyOf("old text", "new text"));
    }
  }
}

TEST(DurableWrite, WorksOnTheRealDisk) {
  const test::TemporaryFolder folder;
  write_file_durably(posix_file_system(), folder / "a.json", "old");
  write_file_durably(posix_file_system(), folder / "a.json", "new");
  EXPECT_EQ(posix_file_system().read_file(folder / "a.json"), "new");
  EXPECT_THAT(posix_file_system().list_folder(folder.path()), ElementsAre("a.json"));
}

TEST(DurableWrite, TemporariesAreFreshAndRecognised) {
  const std::filesystem::path one = temporary_beside("/run/a.json"), two = temporary_beside("/run/a.json");
  EXPECT_NE(one, two);
  EXPECT_EQ(one.parent_path(), "/run");
  EXPECT_TRUE(is_temporary_name(one.filename().string())) << one;
}

TEST(DurableWrite, OtherNamesAreNotTakenForTemporaries) {
  for (const char* name : {"a.json", "a.tmp", ".tmp", "", "a.0123456789ABCDEF.tmp", "a.0123456789abcde.tmp",
                           ".0123456789abcdef.tmp", "a-0123456789abcdef.tmp"}) {
    EXPECT_FALSE(is_temporary_name(name)) << name;
  }
}

TEST(WriteNewFileDurably, LeavesWhatSomebodyElseWroteFirst) {
  SimulatedFileSystem files;
  files.create_folders("/run");
  EXPECT_TRUE(write_new_file_durably(files, "/run/id", "first"));
  EXPECT_FALSE(write_new_file_durably(files, "/run/id", "second"));
  EXPECT_EQ(files.read_file("/run/id"), "first");
  EXPECT_EQ(files.list_folder("/run").size(), 1u) << "a temporary is left";
}

}  // namespace
}  // namespace hpctrain
