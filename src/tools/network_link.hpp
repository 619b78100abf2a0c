// The fastest network port of a node, by what the kernel says of it. Sends nothing.
#pragma once

#include <filesystem>
#include <string>

namespace hpctrain::tools {

struct NetworkLink {
  std::string name;             ///< "mlx5_0", "eth0"; empty: none is known
  double bytes_per_second = 0;  ///< one way
  bool is_infiniband = false;
};

///   `root`: where /sys stands
NetworkLink find_fastest_link(const std::filesystem::path& root = "/");

}  // namespace hpctrain::tools
