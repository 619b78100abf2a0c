// What only a real disk shows: signals, full devices, file systems that lack a system call.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <string>
#include <thread>

#include "core/append_file.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"
#include "core/owned_descriptor.hpp"
#include "core/portable_rename.hpp"
#include "support/temporary_folder.hpp"

namespace hpctrain {
namespace {

using testing::HasSubstr;

void write_text(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path) << text;
}

std::string read_text(const std::filesystem::path& path) {
  return posix_file_system().read_file(path);
}

// A pipe takes 64 KiB at a time and signals interrupt its writer: short writes and EINTR, both for certain.
TEST(WriteFully, GoesOnAfterSignalsAndShortWrites) {
  struct sigaction action {};
  action.sa_handler = [](int) {};  // without SA_RESTART
  struct sigaction former {};
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &former), 0);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  OwnedDescriptor reader_end(ends[0]), writer_end(ends[1]);

  std::string sent(1 << 20, '\0');
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 31 >> 3);
  int error_number = -1;
  std::atomic<bool> is_done{false};
  std::thread writer([&] {
    error_number = write_fully(writer_end.get(), bytes_of(sent));
    is_done = true;
  });
  std::string received;
  char buffer[5000];
  while (received.size() < sent.size()) {
    if (!is_done) ::pthread_kill(writer.native_handle(), SIGUSR1);
    const ssize_t count = ::read(reader_end.get(), buffer, sizeof buffer);
    ASSERT_GT(count, 0);
    received.append(buffer, static_cast<std::size_t>(count));
  }
  writer.join();
  ::sigaction(SIGUSR1, &former, nullptr);
  EXPECT_EQ(error_number, 0);
  EXPECT_EQ(received, sent);
}

TEST(WriteFully, ReportsAFullDevice) {
  const OwnedDescriptor full = open_retrying("/dev/full", O_WRONLY);
  ASSERT_TRUE(full.is_open());
  EXPECT_EQ(write_fully(full.get(), bytes_of("x")), ENOSPC);
}

TEST(PosixFileSystem, ReadsFilesThatHideTheirSize) {
  EXPECT_THAT(read_text("/proc/self/status"), HasSubstr("Pid:"));
}

TEST(PosixFileSystem, DescriptorsDoNotReachChildren) {
  const test::TemporaryFolder folder;
  const OwnedDescriptor descriptor = open_retrying(folder / "a", O_WRONLY | O_CREAT);
  EXPECT_NE(::fcntl(descriptor.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(PosixFileSystem, FilesFollowTheUmask) {
  const test::TemporaryFolder folder;
  const mode_t former = ::umask(0027);
  posix_file_system().create_file(folder / "a")->close();
  ::umask(former);
  struct stat status {};
  ASSERT_EQ(::stat((folder / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST(PortableRename, MovesAFileUnlessTheNameIsTaken) {
  const test::TemporaryFolder folder;
  write_text(folder / "new", "new");
  write_text(folder / "old", "old");
  EXPECT_THROW(rename_no_replace_portably(folder / "new", folder / "old"), Error);
  EXPECT_EQ(read_text(folder / "old"), "old");
  EXPECT_EQ(read_text(folder / "new"), "new");
  rename_no_replace_portably(folder / "new", folder / "other");
  EXPECT_EQ(read_text(folder / "other"), "new");
  EXPECT_FALSE(posix_file_system().exists(folder / "new"));
}

TEST(PortableRename, MovesAFolderUnlessTheNameIsTaken) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "part");
  std::filesystem::create_directories(folder / "taken");
  write_text(folder / "part/a", "a");
  EXPECT_THROW(rename_no_replace_portably(folder / "part", folder / "taken"), Error);
  rename_no_replace_portably(folder / "part", folder / "whole");
  EXPECT_EQ(read_text(folder / "whole/a"), "a");
  EXPECT_THROW(rename_no_replace_portably(folder / "part", folder / "again"), Error);
}

TEST(AppendFile, GoesOnAtTheEndOfAnExistingFile) {
  const test::TemporaryFolder folder;
  AppendFile(folder / "log").append_line("one");
  AppendFile(folder / "log").append_line("two");
  EXPECT_EQ(read_text(folder / "log"), "one\ntwo\n");
}

TEST(AppendFile, EndsTheTornLineOfAKilledProcess) {
  const test::TemporaryFolder folder;
  write_text(folder / "log", "one\n{\"tor");
  AppendFile file(folder / "log");
  file.append_line("two");
  file.append_line("three");
  EXPECT_EQ(read_text(folder / "log"), "one\n{\"tor\ntwo\nthree\n");
}

TEST(AppendFile, NamesTheFullDevice) {
  AppendFile file("/dev/full");
  try {
    file.append_line("x");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::storage);
    EXPECT_THAT(error.what(), HasSubstr("/dev/full: No space left on device"));
  }
}

}  // namespace
}  // namespace hpctrain
