// Listens to the operators that LibTorch runs for one thread, its backward passes included, for the length of a trace.
// Must not know what is made of it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "monitor/step_trace.hpp"

namespace hpctrain::train {

class OperatorLog;

class OperatorRecorder {
 public:
  /// Begins to listen to the calling thread. One at a time in a process.
  OperatorRecorder();
  /// On the same thread, while it runs no operator.
  ~OperatorRecorder();
  OperatorRecorder(const OperatorRecorder&) = delete;
  OperatorRecorder& operator=(const OperatorRecorder&) = delete;

  /// What ended so far; a lane for each thread, from monitor::kOperatorLane on. On a GPU an operator ends when its
  /// kernels are enqueued.
  std::vector<monitor::TraceSlice> take();

 private:
  std::unique_ptr<OperatorLog> log_;
  std::uint64_t handle_ = 0;
};

}  // namespace hpctrain::train
