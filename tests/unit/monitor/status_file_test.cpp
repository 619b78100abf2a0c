#include "monitor/status_file.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "core/simulated_file_system.hpp"

namespace hpctrain::monitor {
namespace {

TEST(StatusFile, IsReplacedWhenItIsTimeToAndAtTheEnd) {
  SimulatedFileSystem files;
  files.create_folders("/sweep");
  StatusFile status(files, "/sweep/status.txt", 3);
  status.update({"one"}, 0);
  status.update({"two"}, 2.9);
  EXPECT_EQ(files.read_file("/sweep/status.txt"), "one\n");
  status.update({"three", "lines"}, 3);
  EXPECT_EQ(files.read_file("/sweep/status.txt"), "three\nlines\n");
  status.finish({"end"});
  EXPECT_EQ(files.read_file("/sweep/status.txt"), "end\n");
  EXPECT_EQ(files.list_folder("/sweep"), std::vector<std::string>{"status.txt"});
}

TEST(StatusFile, ADiskThatIsFullForAWhileEndsNothing) {
  SimulatedFileSystem files;
  files.create_folders("/sweep");
  StatusFile status(files, "/sweep/status.txt", 3);
  status.update({"one"}, 0);
  files.fail_at(files.operations() + 2, ENOSPC);  // the write, after a removal and a creation
  status.update({"two"}, 3);
  EXPECT_EQ(files.read_file("/sweep/status.txt"), "one\n");
  EXPECT_TRUE(files.has_injected());
  status.update({"three"}, 6);
  EXPECT_EQ(files.read_file("/sweep/status.txt"), "three\n");
}

}  // namespace
}  // namespace hpctrain::monitor
