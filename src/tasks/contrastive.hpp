// Learning without labels: two views of each image are to be recognised among all others (SimCLR). Scored by what a
// linear probe and nearest neighbours make of the features of some labelled images.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tasks/augmentation_text.hpp"
#include "tasks/class_labels.hpp"
#include "tasks/images.hpp"
#include "tasks/linear_probe.hpp"
#include "tasks/nearest_neighbours.hpp"
#include "tasks/settings.hpp"
#include "tasks/task.hpp"

namespace hpctrain::tasks {

/// Training: the outputs of a sample are the embeddings of its two views. Evaluation: the features of the whole image.
/// Score layout, float64: [samples, probe's loss sum, probe's hits, neighbours' hits, tally of the probe's answers
/// (ClassLabels)].
class Contrastive : public Task {
 public:
  ///   errors  Fault::data   the images are not what ImageField wants
  ///           Fault::usage  the images cannot be augmented as the settings say, or are not augmented at all; a probe
  ///                         is wanted and the data set has no field "label"
  explicit Contrastive(const data::DatasetIndex& index, const TaskSettings& settings = {});

  std::string name() const override { return "contrastive"; }
  models::NetworkSpec network_spec() const override;
  models::OutputKind network_output() const override { return models::OutputKind::values; }
  using Task::make_batch;
  Batch make_batch(const DeviceRecords& records, Mode mode) const override;
  std::string augmentation() const override { return augmentation_text(augmentation_); }
  std::map<std::string, double> operation_seconds() const override { return images_.operation_seconds(); }
  torch::Tensor forward(models::Network& network, const Batch& batch) const override;

  bool loss_spans_global_batch() const override { return true; }
  std::vector<std::int64_t> spanning_output_shape() const override;
  torch::Tensor spanning_losses(const torch::Tensor& outputs) const override;
  std::uint64_t spanning_losses_bytes(std::uint64_t samples) const override;
  /// As if these samples were the global batch.
  torch::Tensor loss_sum(const torch::Tensor& outputs, const Batch& batch) const override;

  bool is_scored() const override { return settings_.probe_samples > 0; }
  std::optional<ReferenceSamples> reference_samples() const override;
  void take_reference(const torch::Tensor& outputs, const torch::Tensor& targets) override;
  torch::Tensor score(const torch::Tensor& outputs, const Batch& batch) const override;
  /// Cross-entropy of the probe.
  std::vector<SampleError> sample_errors(const torch::Tensor& outputs, const Batch& batch) const override;
  std::int64_t score_width() const override;
  Metrics metrics(const torch::Tensor& score) const override;
  std::string describe_score(const torch::Tensor& score) const override;
  double quality(const Metrics& metrics) const override { return metrics.at("probe_top1"); }

 private:
  torch::Tensor make_view(const DeviceRecords& records, std::uint32_t view) const;

  ImageField images_;
  std::uint64_t seed_;
  AugmentationSettings augmentation_;
  ContrastiveSettings settings_;
  std::optional<ClassLabels> labels_;  ///< with a probe
  std::optional<LinearProbe> probe_;   ///< once reference samples were taken
  std::optional<NearestNeighbours> neighbours_;
};

std::unique_ptr<Task> make_contrastive(const data::DatasetIndex& index, const TaskSettings& settings);

}  // namespace hpctrain::tasks
