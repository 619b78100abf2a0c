// One contract, two file systems: what a test proves on the simulated disk must hold on the real one.
#include "core/file_system.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/simulated_file_system.hpp"
#include "support/temporary_folder.hpp"

namespace hpctrain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class FileSystemContract : public testing::TestWithParam<bool> {
 protected:
  FileSystemContract() { files_.create_folders(root_); }

  void write(const std::string& name, std::string_view contents) {
    const auto file = files_.create_file(root_ / name);
    file->write(bytes_of(contents));
    file->close();
  }

  static void expect_storage_error(const std::function<void()>& work, const std::string& part) {
    try {
      work();
      FAIL() << "no error; expected one about " << part;
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::storage);
      EXPECT_THAT(error.what(), HasSubstr(part));
    }
  }

  test::TemporaryFolder folder_;
  SimulatedFileSystem simulated_;
  FileSystem& files_ = GetParam() ? static_cast<FileSystem&>(simulated_) : posix_file_system();
  std::filesystem::path root_ = folder_.path() / "root";
};

INSTANTIATE_TEST_SUITE_P(Twins, FileSystemContract, testing::Values(false, true),
                         [](const auto& twin) { return twin.param ? "simulated" : "posix"; });

TEST_P(FileSystemContract, ReadsBackWhatWasWrittenInPieces) {
  const auto file = files_.create_file(root_ / "a");
  const std::string binary("\0\xff\n", 3);
  file->write(bytes_of("one "));
  file->write(bytes_of(binary));
  file->write({});
  file->sync();
  file->close();
  EXPECT_EQ(files_.read_file(root_ / "a"), "one " + binary);
  EXPECT_EQ(files_.file_bytes(root_ / "a"), 7u);
}

TEST_P(FileSystemContract, ReadsEmptyAndLargeFiles) {
  write("empty", "");
  std::string large(300000, 'x');
  large.back() = 'y';
  write("large", large);
  EXPECT_EQ(files_.read_file(root_ / "empty"), "");
  EXPECT_EQ(files_.read_file(root_ / "large"), large);
}

TEST_P(FileSystemContract, CreatingAnExistingFileFailsAndLeavesItAlone) {
  write("a", "old");
  expect_storage_error([&] { files_.create_file(root_ / "a"); }, "File exists");
  EXPECT_EQ(files_.read_file(root_ / "a"), "old");
}

TEST_P(FileSystemContract, MissingThingsAreNamed) {
  EXPECT_FALSE(files_.exists(root_ / "none"));
  EXPECT_FALSE(files_.exists(root_ / "none" / "deeper"));
  expect_storage_error([&] { files_.read_file(root_ / "none"); }, (root_ / "none").string());
  expect_storage_error([&] { files_.file_bytes(root_ / "none"); }, "No such file");
  expect_storage_error([&] { files_.list_folder(root_ / "none"); }, "No such file");
  expect_storage_error([&] { files_.create_file(root_ / "none" / "a"); }, "No such file");
  expect_storage_error([&] { files_.rename_replacing(root_ / "none", root_ / "a"); }, "No such file");
  expect_storage_error([&] { files_.sync_folder(root_ / "none"); }, "No such file");
}

TEST_P(FileSystemContract, ListsNamesSortedBytewise) {
  for (const char* name : {"b", "a", "B", "a.tmp"}) write(name, "");
  files_.create_folders(root_ / "folder");
  EXPECT_THAT(files_.list_folder(root_), ElementsAre("B", "a", "a.tmp", "b", "folder"));
}

TEST_P(FileSystemContract, CreatesFoldersWithTheirParentsAndTwice) {
  files_.create_folders(root_ / "x/y/z");
  files_.create_folders(root_ / "x/y/z/");
  EXPECT_TRUE(files_.exists(root_ / "x/y/z"));
  write("file", "");
  expect_storage_error([&] { files_.create_folders(root_ / "file"); }, "Not a directory");
}

TEST_P(FileSystemContract, RenameReplacesAFileWhole) {
  write("new", "new");
  write("old", "old");
  files_.rename_replacing(root_ / "new", root_ / "old");
  EXPECT_EQ(files_.read_file(root_ / "old"), "new");
  EXPECT_FALSE(files_.exists(root_ / "new"));
}

TEST_P(FileSystemContract, RenameWithoutReplacingRefusesAnExistingName) {
  write("new", "new");
  write("old", "old");
  expect_storage_error([&] { files_.rename_no_replace(root_ / "new", root_ / "old"); }, "File exists");
  EXPECT_EQ(files_.read_file(root_ / "old"), "old");
  EXPECT_EQ(files_.read_file(root_ / "new"), "new");
  files_.rename_no_replace(root_ / "new", root_ / "other");
  EXPECT_EQ(files_.read_file(root_ / "other"), "new");
  EXPECT_FALSE(files_.exists(root_ / "new"));
}

TEST_P(FileSystemContract, RenamesFoldersWithAllTheyHold) {
  files_.create_folders(root_ / "step-1.part");
  files_.create_folders(root_ / "step-0");
  write("step-1.part/weights", "w");
  expect_storage_error([&] { files_.rename_no_replace(root_ / "step-1.part", root_ / "step-0"); }, "File exists");
  files_.rename_no_replace(root_ / "step-1.part", root_ / "step-1");
  EXPECT_EQ(files_.read_file(root_ / "step-1/weights"), "w");
  EXPECT_FALSE(files_.exists(root_ / "step-1.part"));
}

TEST_P(FileSystemContract, RemovesTreesAndMindsNoMissingOnes) {
  files_.create_folders(root_ / "x/y");
  write("x/y/a", "a");
  files_.remove_all(root_ / "x");
  files_.remove_all(root_ / "x");
  EXPECT_THAT(files_.list_folder(root_), ElementsAre());
}

TEST_P(FileSystemContract, AClosedFileTakesNothingMore) {
  const auto file = files_.create_file(root_ / "a");
  file->close();
  EXPECT_THROW(file->write(bytes_of("x")), Error);
  EXPECT_THROW(file->sync(), Error);
  EXPECT_THROW(file->close(), Error);
}

TEST_P(FileSystemContract, DroppingAFileLeavesWhatWasWritten) {
  files_.create_file(root_ / "a")->write(bytes_of("half"));
  EXPECT_EQ(files_.read_file(root_ / "a"), "half");
}

}  // namespace
}  // namespace hpctrain
