// What can be learnt about another process of this machine: whether it lives, what it does, its stack.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/owned_descriptor.hpp"

namespace hpctrain::comm {

/// Tells whether one process is gone, even when its number was given away again.
class ProcessWatch {
 public:
  explicit ProcessWatch(pid_t process);
  /// Ended, reaped or not. False where the system cannot tell.
  bool is_gone() const;

 private:
  OwnedDescriptor descriptor_;
};

/// Scheduler state and the kernel function it sleeps in, as /proc shows them: "state T (stopped), in do_signal_stop".
std::string describe_process(pid_t process);

/// From now on SIGURG makes this process's main thread write its stack to stderr.
void answer_stack_requests();
/// Asks a process that called answer_stack_requests() for its stack. One that is stopped gives none.
void request_stack(pid_t process);

}  // namespace hpctrain::comm
