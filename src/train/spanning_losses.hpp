// For losses that depend on all samples of a global batch at once (contrastive learning): the outputs of all ranks and
// micro-steps are brought together before anything is differentiated, so accumulation and ranks equal one big batch.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "train/accumulation.hpp"
#include "train/settings.hpp"

namespace hpctrain::train {

/// With one micro-step its forward pass serves both purposes. With several every micro-batch is first computed without
/// a graph; when the gradient of the loss by all outputs is known, it is computed again, with the same random draws,
/// and that gradient goes backward.
///   cost    one sum of the outputs over ranks and the whole loss on every rank; with several micro-steps a second
///           forward pass, and memory for the step's images but for one micro-batch's graph only
///   source  Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup, Gao et al. 2021
class SpanningLosses final : public Accumulation {
 public:
  /// `channel`: over which outputs are brought together; no gradients are under way in it meanwhile. `most_samples` of
  /// a global batch.
  SpanningLosses(const Parts& parts, comm::GradientChannel& channel, const torch::Device& device,
                 std::uint64_t most_samples);

  data::GlobalBatch run(std::uint64_t step) override;

 private:
  /// A micro-batch between its two passes.
  struct Held {
    bool has_work = false;  ///< false: this rank's share is used up
    tasks::Batch batch{};
    MicroStepPlace place{};
    std::int64_t count = 0;
    torch::Tensor outputs{};  ///< with a graph where there is one micro-step only
  };
  /// The loss of the whole batch.
  struct Answer {
    torch::Tensor losses;     ///< [b]
    torch::Tensor gradients;  ///< of the mean loss by the outputs: [b, …]
  };

  data::GlobalBatch run_both_passes(std::uint64_t step);
  data::GlobalBatch run_first_pass(std::uint64_t step);
  Held hold(const tasks::DeviceRecords& records, std::uint64_t step);
  void write_rows();
  void gather_rows();
  Answer differentiate(std::uint64_t samples);
  void run_second_pass(Held& held, const Answer& answer, bool is_last);

  comm::GradientChannel& channel_;
  torch::Device device_;
  std::vector<Held> held_;
  torch::Tensor rows_;  ///< outputs of all ranks and micro-steps: [most_samples, …]
};

/// What is done about such a loss, for the start of a run.
std::string describe_spanning_loss(const TrainSettings& settings, int world);

}  // namespace hpctrain::train
