// Work of a GPU that is recorded once and run again without calling its operations one by one: CUDA graphs behind an
// interface, so that who decides about them can be tested without a GPU. Knows no networks.
#pragma once

#include <torch/types.h>

#include <functional>
#include <memory>

namespace hpctrain::device {

/// Work that was recorded. Keeps the memory of every tensor that was made while recording.
class RecordedWork {
 public:
  virtual ~RecordedWork() = default;

  /// Enqueues all of it anew, on the same memory: inputs are what stands there now.
  virtual void replay() = 0;
};

class WorkRecorder {
 public:
  virtual ~WorkRecorder() = default;

  /// Runs `work` where it will be recorded, for libraries to choose kernels and take their workspaces.
  virtual void rehearse(const std::function<void()>& work) = 0;

  /// Calls `work` once, and none of its operations runs.
  ///   errors  whatever an operation throws that cannot be recorded (reads by the host, random numbers), Fault::device;
  ///           nothing has happened on the device then
  virtual std::unique_ptr<RecordedWork> record(const std::function<void()>& work) = 0;
};

/// Null where there is nothing to record with: on the CPU, and in a build without CUDA.
std::unique_ptr<WorkRecorder> make_work_recorder(const torch::Device& device);

}  // namespace hpctrain::device
