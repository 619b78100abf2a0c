// Sums buckets over ranks while backward still makes the gradients of the next ones. Owns the hooks that tell when a
// gradient is there; knows no layout beyond the buckets'.
#pragma once

#include <torch/types.h>

#include <memory>
#include <vector>

#include "checkpoint/training_state.hpp"
#include "comm/gradient_channel.hpp"
#include "monitor/step_clock.hpp"
#include "train/gradient_buckets.hpp"
#include "train/gradient_reduction.hpp"
#include "train/step_statistics.hpp"
#include "train/wholeness.hpp"

namespace hpctrain::train {

class GradientSync final : public GradientReduction {
 public:
  /// What is reduced and over which road; all of it outlives the sync.
  struct Parts {
    GradientBuckets& buckets;
    StepStatistics& statistics;
    comm::GradientChannel& channel;
    torch::Device device;
    monitor::StepClock& clock;
    Wholeness& wholeness;
  };

  GradientSync(const Parts& parts, const std::vector<checkpoint::NamedTensor>& parameters);
  ~GradientSync() override;
  GradientSync(const GradientSync&) = delete;
  GradientSync& operator=(const GradientSync&) = delete;

  void start_step() override;
  /// From the last micro-step's backward on, a bucket leaves as soon as its last gradient is there. Buckets leave in
  /// their order on every rank, whatever the order of the gradients.
  void start_backward(bool is_last) override;
  void end_micro_step() override {}
  /// Launches what no gradient launched: parameters that took no part, ranks without samples, ranks that broke off.
  /// Whether all are whole travels beside the sums.
  bool wait(bool is_whole) override;

  /// The gradient of one parameter is complete in this backward pass. For the hooks.
  void note_ready(std::size_t parameter);

 private:
  void launch_ready_buckets();
  void launch_next_bucket();

  Parts parts_;
  std::vector<torch::Tensor> parameters_;
  std::vector<std::size_t> bucket_of_;                             ///< by parameter
  std::vector<std::size_t> missing_;                               ///< gradients that a bucket still waits for
  std::vector<std::unique_ptr<comm::PendingCollective>> pending_;  ///< of the launched buckets
  std::size_t finished_ = 0;                                       ///< pending_ up to here are known to have finished
  bool is_launching_ = false;
};

}  // namespace hpctrain::train
