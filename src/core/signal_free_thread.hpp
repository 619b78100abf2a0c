// A thread that leaves signals to the main thread, whose handlers expect them there. Those that say of a fault of its
// own it keeps.
#pragma once

#include <functional>
#include <thread>

namespace hpctrain {

/// errors  std::system_error when there is no thread to be had
std::thread start_signal_free_thread(std::function<void()> body);

}  // namespace hpctrain
