// Random names from the kernel's generator.
#include "core/run_identifier.hpp"

#include <sys/random.h>

#include <cerrno>
#include <vector>

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"

namespace hpctrain {

std::string random_hex(std::size_t num_bytes) {
  std::vector<std::byte> bytes(num_bytes);
  std::size_t filled = 0;
  while (filled < num_bytes) {
    const ssize_t count = ::getrandom(bytes.data() + filled, num_bytes - filled, 0);
    if (count < 0 && errno == EINTR) continue;
    require_invariant(count > 0, "the kernel gives no random bytes");
    filled += static_cast<std::size_t>(count);
  }
  return hex_text(bytes);
}

std::string run_folder_name(std::string_view task, double started_unix, std::string_view hex) {
  std::string name(task);
  name.append("-").append(utc_stamp(started_unix)).append("-").append(hex);
  return name;
}

}  // namespace hpctrain
