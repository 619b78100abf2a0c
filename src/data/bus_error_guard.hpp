// Reading memory that a file stands behind. When the file is cut short by somebody else the processor faults and the
// kernel sends SIGBUS, whose default is the end of the process; here it becomes a value.
//
// Why this is sound: the signal is raised by the reading instruction itself, in the thread that reads, so the handler
// runs between two known points of that thread and may jump. What is jumped over is a plain function without
// destructors, locks or allocations, and the handler calls only siglongjmp and sigaction. The thread's own pointer
// tells whether it is inside such a read: a fault anywhere else goes on to whoever handled SIGBUS before.
#pragma once

namespace hpctrain::data {

/// Calls `read(argument)`, which only copies or sums up memory: nothing in it may need a destructor.
///   returns  false when memory in it could not be read; what it had written by then is undefined
///   cost     about 10 ns
bool run_guarded(void (*read)(void* argument), void* argument);

}  // namespace hpctrain::data
