// The simulated disk must lose exactly what a real one may lose, and inject exactly what it was told to.
#include "core/simulated_file_system.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "core/digest.hpp"
#include "core/error.hpp"

namespace hpctrain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

void write(FileSystem& files, const std::string& path, std::string_view contents, bool is_synced) {
  const auto file = files.create_file(path);
  file->write(bytes_of(contents));
  if (is_synced) file->sync();
  file->close();
}

TEST(SimulatedFileSystem, PowerLossDropsNamesWhoseFolderWasNotSynced) {
  SimulatedFileSystem files;
  write(files, "/a", "synced data", true);
  EXPECT_THAT(files.after_power_loss().list_folder("/"), IsEmpty());
  files.sync_folder("/");
  EXPECT_EQ(files.after_power_loss().read_file("/a"), "synced data");
}

TEST(SimulatedFileSystem, PowerLossDropsDataThatWasNotSyncedThoughTheNameWas) {
  SimulatedFileSystem files;
  const auto file = files.create_file("/a");
  file->write(bytes_of("safe "));
  file->sync();
  file->write(bytes_of("lost"));
  files.sync_folder("/");
  EXPECT_EQ(files.after_power_loss().read_file("/a"), "safe ");
  EXPECT_EQ(files.after_power_loss({.keeps_data = true}).read_file("/a"), "safe lost");
}

TEST(SimulatedFileSystem, SyncingAFolderDoesNotSyncItsParent) {
  SimulatedFileSystem files;
  files.create_folders("/x/y");
  write(files, "/x/y/a", "a", true);
  files.sync_folder("/x/y");
  EXPECT_FALSE(files.after_power_loss().exists("/x"));
  files.sync_folder("/");
  EXPECT_FALSE(files.after_power_loss().exists("/x/y"));
  files.sync_folder("/x");
  EXPECT_EQ(files.after_power_loss().read_file("/x/y/a"), "a");
}

TEST(SimulatedFileSystem, AnUnsyncedRenameIsUndoneOrKeptAsTheDiskLikes) {
  SimulatedFileSystem files;
  write(files, "/a", "old", true);
  files.sync_folder("/");
  write(files, "/a.tmp", "new", true);
  files.rename_replacing("/a.tmp", "/a");
  EXPECT_EQ(files.after_power_loss().read_file("/a"), "old");
  EXPECT_EQ(files.after_power_loss({.keeps_entries = true}).read_file("/a"), "new");
}

// The mistake this disk is there to catch: renamed before its bytes were synced.
TEST(SimulatedFileSystem, ARenameMayOutliveBytesThatWereNeverSynced) {
  SimulatedFileSystem files;
  write(files, "/a.tmp", "new", false);
  files.rename_replacing("/a.tmp", "/a");
  EXPECT_EQ(files.after_power_loss({.keeps_entries = true}).read_file("/a"), "");
}

TEST(SimulatedFileSystem, AnUnsyncedRemovalComesBack) {
  SimulatedFileSystem files;
  files.create_folders("/x");
  write(files, "/x/a", "a", true);
  files.sync_folder("/x");
  files.sync_folder("/");
  files.remove_all("/x");
  EXPECT_FALSE(files.exists("/x"));
  EXPECT_EQ(files.after_power_loss().read_file("/x/a"), "a");
}

TEST(SimulatedFileSystem, ATornWriteHasTheRightLengthAndTheWrongBytes) {
  SimulatedFileSystem files;
  const auto file = files.create_file("/a");
  file->write(bytes_of("head"));
  file->write(bytes_of("12345678"));
  SimulatedFileSystem found = files.after_power_loss({.keeps_entries = true, .tears_last_write = true});
  EXPECT_EQ(found.read_file("/a"), std::string("head1234\0\0\0\0", 12));
}

TEST(SimulatedFileSystem, AKillLosesNothing) {
  SimulatedFileSystem files;
  write(files, "/a", "never synced", false);
  EXPECT_EQ(files.after_kill().read_file("/a"), "never synced");
}

TEST(SimulatedFileSystem, CrashesBeforeTheChosenOperationAndStaysDead) {
  SimulatedFileSystem files;
  files.crash_at(1);
  const auto file = files.create_file("/a");
  EXPECT_FALSE(files.has_injected());
  EXPECT_THROW(file->write(bytes_of("x")), SimulatedCrash);
  EXPECT_THROW(files.remove_all("/a"), SimulatedCrash);
  EXPECT_TRUE(files.has_injected());
  EXPECT_EQ(files.operations(), 1u);
  EXPECT_EQ(files.after_kill().read_file("/a"), "");
}

TEST(SimulatedFileSystem, FailsTheChosenOperationOnceWithTheReason) {
  SimulatedFileSystem files;
  files.fail_at(1, ENOSPC);
  const auto file = files.create_file("/a");
  try {
    file->write(bytes_of("1234"));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::storage);
    EXPECT_THAT(error.what(), testing::HasSubstr("No space left on device"));
  }
  EXPECT_TRUE(files.has_injected());
  EXPECT_EQ(files.read_file("/a"), "12");
}

TEST(SimulatedFileSystem, AFullDiskStaysFullButLetsFilesGo) {
  SimulatedFileSystem files;
  write(files, "/a", "a", true);
  files.fail_changes_from(files.operations(), ENOSPC);
  EXPECT_THROW(files.create_file("/b"), Error);
  EXPECT_THROW(files.create_folders("/c"), Error);
  EXPECT_EQ(files.read_file("/a"), "a");
  files.remove_all("/a");
  EXPECT_FALSE(files.exists("/a"));
}

// Linux marks dirty pages clean after a failed fsync: trying again reports success and saves nothing.
TEST(SimulatedFileSystem, ASecondSyncAfterAFailedOneLies) {
  SimulatedFileSystem files;
  files.fail_at(2, EIO);
  const auto file = files.create_file("/a");
  file->write(bytes_of("x"));
  EXPECT_THROW(file->sync(), Error);
  EXPECT_NO_THROW(file->sync());
  files.sync_folder("/");
  EXPECT_EQ(files.after_power_loss().read_file("/a"), "");
}

TEST(SimulatedFileSystem, LogTellsWhatWasDone) {
  SimulatedFileSystem files;
  write(files, "/a", "1234", true);
  EXPECT_THAT(files.operation_log(), ElementsAre("create /a", "write /a 4 bytes", "sync /a", "close /a"));
}

TEST(SimulatedFileSystem, AFoundDiskStartsWithoutFaultsAndItsOwnNodes) {
  SimulatedFileSystem files;
  write(files, "/a", "a", true);
  files.crash_at(files.operations());
  SimulatedFileSystem found = files.after_kill();
  found.remove_all("/a");
  write(found, "/a", "b", true);
  EXPECT_EQ(files.after_kill().read_file("/a"), "a");
  EXPECT_FALSE(found.has_injected());
}

}  // namespace
}  // namespace hpctrain
