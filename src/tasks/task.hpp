// A problem: record → tensors, model, loss, score. Tasks never see a rank: they work on the samples they are given, and
// everything they return is additive, so that `train` can sum it over micro-steps and ranks.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset_index.hpp"
#include "data/image_window.hpp"
#include "data/loader.hpp"
#include "models/network.hpp"
#include "tasks/device_records.hpp"

namespace hpctrain::tasks {

enum class Mode { train, evaluate };

/// One micro-batch on the device.
struct Batch {
  torch::Tensor images;      ///< [views · N, C, H, W] float, normalised; view v of sample n is image v · N + n
  torch::Tensor targets;     ///< the task's own, first axis N
  torch::Tensor attributes;  ///< what else scoring needs of each sample; the task's own, first axis N, may be undefined
  std::vector<std::uint64_t> sample_ids;
  std::int64_t views = 1;

  std::int64_t count() const { return images.size(0) / views; }
};

/// How badly one sample was answered, for lists of worst cases.
struct SampleError {
  std::uint64_t sample_id = 0;
  double error = 0;   ///< larger is worse; the task's own unit
  std::string words;  ///< what is wrong, in one short line
};

/// Labelled samples that a score needs the outputs of.
struct ReferenceSamples {
  std::string split;
  std::uint64_t count = 0;  ///< at most; drawn from the split, the same ones for every run
};

/// Named numbers for metrics.jsonl and the terminal; fractions 0–1, `*_mm` millimetres.
using Metrics = std::map<std::string, double>;

class Task {
 public:
  virtual ~Task() = default;

  virtual std::string name() const = 0;

  /// What this data set asks of a network.
  virtual models::NetworkSpec network_spec() const = 0;

  /// The records of a micro-batch as tensors, augmented when training.
  ///   errors  Fault::data naming the sample when a record breaks the task's rules (label out of range)
  virtual Batch make_batch(const DeviceRecords& records, Mode mode) const = 0;
  /// The same of records that are on the host only.
  Batch make_batch(const data::MicroBatch& records, const torch::Device& device, Mode mode) const {
    return make_batch(upload_records(records, device), mode);
  }

  /// True when training batches want records with partners to mix in.
  virtual bool wants_partners() const { return false; }

  /// The part of each training image that is to be decoded; null: the whole.
  virtual std::unique_ptr<data::ImageWindowPlan> window_plan() const { return nullptr; }

  /// What is done to training images, as data.augment says it.
  virtual std::string augmentation() const = 0;

  /// Where the time of making batches went, by kind of operation, so far.
  ///   blocks  on a GPU until what was measured has run
  virtual std::map<std::string, double> operation_seconds() const = 0;

  /// What forward() can work with.
  virtual models::OutputKind network_output() const = 0;

  virtual torch::Tensor forward(models::Network& network, const Batch& batch) const = 0;

  /// Sum of the samples' losses, a scalar; `train` divides by the true count of the global batch.
  virtual torch::Tensor loss_sum(const torch::Tensor& outputs, const Batch& batch) const = 0;

  /// True when a sample's loss depends on all others of the global batch (contrastive). Then these two count in place
  /// of loss_sum().
  virtual bool loss_spans_global_batch() const { return false; }
  /// What forward() answers for one sample when training.
  virtual std::vector<std::int64_t> spanning_output_shape() const { return {}; }
  /// Each sample's part of the sum of losses, given the outputs of all of them in their order.
  ///   shapes  outputs [b, spanning_output_shape()…] → [b]
  virtual torch::Tensor spanning_losses(const torch::Tensor& /*outputs*/) const { return {}; }

  /// About the memory that spanning_losses() and its gradient take at their peak.
  virtual std::uint64_t spanning_losses_bytes(std::uint64_t /*samples*/) const { return 0; }

  /// False: there is nothing to score by.
  virtual bool is_scored() const { return true; }
  /// Whose outputs a score needs, anew whenever the network has changed; empty for most tasks.
  virtual std::optional<ReferenceSamples> reference_samples() const { return std::nullopt; }
  /// Takes them, for the scores that follow.
  ///   shapes  outputs [n, …] float32 and targets [n, …], flat but for the first axis, on the host, in an order that
  ///   depends on the data set alone errors  Fault::data when nothing can be learned from them
  virtual void take_reference(const torch::Tensor& /*outputs*/, const torch::Tensor& /*targets*/) {}

  /// Additive score of these samples; its first element is their number.
  ///   shapes  [score_width()] float64 on the device
  virtual torch::Tensor score(const torch::Tensor& outputs, const Batch& batch) const = 0;
  virtual std::int64_t score_width() const = 0;

  /// One entry per sample of the batch; samples that nothing can be said of are left out.
  virtual std::vector<SampleError> sample_errors(const torch::Tensor& outputs, const Batch& batch) const = 0;

  /// Metrics from the sum of scores over a whole split, on the host.
  ///   shapes  score [score_width()] float64
  virtual Metrics metrics(const torch::Tensor& score) const = 0;

  /// Tables for the log after an evaluation (per class, confusion); may be empty.
  virtual std::string describe_score(const torch::Tensor& score) const = 0;

  /// The metric that decides which checkpoint is best; higher is better.
  virtual double quality(const Metrics& metrics) const = 0;
};

}  // namespace hpctrain::tasks
