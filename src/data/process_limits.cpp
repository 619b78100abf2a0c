// setrlimit behind process_limits.hpp.
#include "data/process_limits.hpp"

#include <sys/resource.h>

#include <algorithm>

#include "core/error.hpp"

namespace hpctrain::data {
namespace {

void lower_limit(__rlimit_resource resource, std::uint64_t value) {
  rlimit limit{};
  require_invariant(::getrlimit(resource, &limit) == 0, "a process may read its own limits");
  // A limit may only be lowered: what the site set below ours stays.
  limit.rlim_max = std::min<rlim_t>(limit.rlim_max, value);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_cur, limit.rlim_max);
  require_invariant(::setrlimit(resource, &limit) == 0, "a process may lower its own limits");
}

}  // namespace

void limit_this_process(std::uint64_t address_space_bytes, std::uint64_t processor_seconds) {
  lower_limit(RLIMIT_AS, address_space_bytes);
  lower_limit(RLIMIT_CPU, processor_seconds);
  lower_limit(RLIMIT_CORE, 0);
}

}  // namespace hpctrain::data
