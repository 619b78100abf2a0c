// A folder stands for the root of a node's file system.
#include "tools/network_link.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temporary_folder.hpp"

namespace hpctrain::tools {
namespace {

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text << "\n";
}

void add_interface(const test::TemporaryFolder& root, const std::string& name, const std::string& state,
                   const std::string& megabits) {
  write(root / ("sys/class/net/" + name + "/operstate"), state);
  write(root / ("sys/class/net/" + name + "/speed"), megabits);
}

void add_card(const test::TemporaryFolder& root, const std::string& name, const std::string& state,
              const std::string& rate) {
  write(root / ("sys/class/infiniband/" + name + "/ports/1/state"), state);
  write(root / ("sys/class/infiniband/" + name + "/ports/1/rate"), rate);
}

TEST(FindFastestLink, NothingIsKnownWhereTheKernelShowsNothing) {
  const test::TemporaryFolder root;
  EXPECT_EQ(find_fastest_link(root.path()).name, "");
}

TEST(FindFastestLink, TakesTheFastestInterfaceThatIsUp) {
  const test::TemporaryFolder root;
  add_interface(root, "eth0", "up", "1000");
  add_interface(root, "eth1", "up", "25000");
  add_interface(root, "eth2", "down", "100000");
  add_interface(root, "lo", "up", "400000");
  const NetworkLink link = find_fastest_link(root.path());
  EXPECT_EQ(link.name, "eth1");
  EXPECT_EQ(link.bytes_per_second, 25e9 / 8);
  EXPECT_FALSE(link.is_infiniband);
}

TEST(FindFastestLink, AVirtualInterfaceWithoutASpeedIsNotKnown) {
  const test::TemporaryFolder root;
  add_interface(root, "eth0", "up", "-1");
  EXPECT_EQ(find_fastest_link(root.path()).name, "");
}

TEST(FindFastestLink, AnActiveInfiniBandPortIsThePlaceForGradients) {
  const test::TemporaryFolder root;
  add_interface(root, "eth0", "up", "400000");
  add_card(root, "mlx5_0", "4: ACTIVE", "100 Gb/sec (4X EDR)");
  add_card(root, "mlx5_1", "1: DOWN", "200 Gb/sec (4X HDR)");
  const NetworkLink link = find_fastest_link(root.path());
  EXPECT_EQ(link.name, "mlx5_0");
  EXPECT_EQ(link.bytes_per_second, 100e9 / 8);
  EXPECT_TRUE(link.is_infiniband);
}

}  // namespace
}  // namespace hpctrain::tools
