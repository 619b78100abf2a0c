// How the gradients of one step's micro-steps, of all ranks, become the gradient of the global batch. The step tells
// where it is; what is added when, and how it travels, is decided behind this.
#pragma once

namespace hpctrain::train {

class GradientReduction {
 public:
  virtual ~GradientReduction() = default;

  /// Before a step's first micro-step: gradients and statistics start from zero.
  virtual void start_step() = 0;

  /// The forward pass of a micro-step is done and its passengers are written; backward follows. `is_last` of the step.
  /// Called for micro-steps without samples as well, which have no backward.
  virtual void start_backward(bool is_last) = 0;

  /// After backward.
  virtual void end_micro_step() = 0;

  /// Gradients and passengers are the sums over the global batch when this returns true, with equal bits on all ranks.
  /// `is_whole`: this rank's part is; it may have broken off anywhere between start_step() and here. Where any rank's
  /// is not, this returns false on all of them: there are no sums then, and the step begins again with start_step().
  ///   collective  all ranks
  ///   blocks      until the sums are there (CPU) or enqueued (GPU)
  ///   errors      Fault::stopped when a peer died
  virtual bool wait(bool is_whole) = 0;
};

}  // namespace hpctrain::train
