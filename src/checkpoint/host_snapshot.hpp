// A copy of a training state in host memory that is allocated once and filled again and again. Knows no files.
#pragma once

#include <c10/core/Event.h>

#include <optional>

#include "checkpoint/training_state.hpp"

namespace hpctrain::checkpoint {

/// One slab. Page-locked where the state lies on a GPU, so that its copy runs beside the computation.
class HostSnapshot {
 public:
  /// Room for states laid out like `like`.
  explicit HostSnapshot(const TrainingState& like);

  /// Takes the state as it is now: whatever is enqueued or written after this call does not reach the copy.
  ///   blocks  on the CPU for one memcpy; on a GPU not at all, later work of this thread's stream waits for the copy
  ///   errors  Fault::bug when `state` is laid out in another way
  void start_copy(const TrainingState& state);
  /// Blocks until the copy is whole. May be called from another thread; enqueues nothing.
  void wait();

  /// Row-major host tensors; whole after wait().
  const TrainingState& state() const noexcept { return slab_; }

 private:
  void copy_all(const TrainingState& state, bool is_asynchronous);

  TrainingState slab_;
  std::optional<c10::Device> gpu_;  ///< empty: everything lies on the host
  std::optional<c10::Event> is_copied_;
};

}  // namespace hpctrain::checkpoint
