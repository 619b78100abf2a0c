// A loop whose turns are shared out among threads. Knows nothing of what a turn does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace hpctrain::pack {

/// Calls body(0) … body(count-1), each once, at most `threads` at the same time, and in this thread alone where one is
/// enough.
///   blocks  until all have returned
///   errors  that of the smallest turn that fails, whichever fails first in time; later turns may not have been called
void run_parallel_loop(std::uint64_t count, std::size_t threads, const std::function<void(std::uint64_t)>& body);

}  // namespace hpctrain::pack
