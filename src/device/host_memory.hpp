// How this process asks the kernel for the memory that tensors on the CPU live in.
#pragma once

namespace hpctrain::device {

/// Makes freed memory stay with the process, and large tensors lie in large pages. A step frees the activations that
/// the next one allocates again; given back in between, every page of them is cleared and mapped anew in each step. The
/// most that the process ever holds does not change.   (before the first tensor; for the process)
void keep_freed_memory();

}  // namespace hpctrain::device
