// Reads the name from the kernel: a resolver may block on a compute node.
#include "comm/host_name.hpp"

#include <unistd.h>

#include <array>

namespace hpctrain::comm {

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown-host";
  const std::string full(name.data());
  return full.substr(0, full.find('.'));
}

}  // namespace hpctrain::comm
