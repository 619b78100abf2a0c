// One label per image: cross-entropy, top-1 and top-5, per-class recall, confusion matrix.
#pragma once

#include <memory>
#include <vector>

#include "tasks/augmentation_text.hpp"
#include "tasks/class_labels.hpp"
#include "tasks/images.hpp"
#include "tasks/settings.hpp"
#include "tasks/task.hpp"

namespace hpctrain::tasks {

/// Score layout, float64: [samples, loss sum, top-1 hits, top-5 hits, tally (ClassLabels)].
class Classification : public Task {
 public:
  ///   errors  Fault::data   the data set has no field "label" with a class count
  ///           Fault::usage  the images cannot be augmented as the settings say
  explicit Classification(const data::DatasetIndex& index, const TaskSettings& settings = {});

  std::string name() const override { return "classification"; }
  models::NetworkSpec network_spec() const override;
  models::OutputKind network_output() const override { return models::OutputKind::values; }
  /// shapes  images [N, C, H, W]; targets [N] classes; of mixed samples [N, classes] float32, what each class's part is
  using Task::make_batch;
  Batch make_batch(const DeviceRecords& records, Mode mode) const override;
  /// Random windows of images that are stored encoded; of others they are cut on the device.
  std::unique_ptr<data::ImageWindowPlan> window_plan() const override;
  bool wants_partners() const override { return mixup_ > 0; }
  std::string augmentation() const override { return augmentation_text(augmentation_); }
  std::map<std::string, double> operation_seconds() const override { return images_.operation_seconds(); }
  /// In evaluation, with `mirror`, the mean of the logits of image and mirror image.
  torch::Tensor forward(models::Network& network, const Batch& batch) const override;
  torch::Tensor loss_sum(const torch::Tensor& outputs, const Batch& batch) const override;
  torch::Tensor score(const torch::Tensor& outputs, const Batch& batch) const override;
  /// Cross-entropy of each sample.
  std::vector<SampleError> sample_errors(const torch::Tensor& outputs, const Batch& batch) const override;
  std::int64_t score_width() const override { return 4 + labels_.tally_width(); }
  Metrics metrics(const torch::Tensor& score) const override;
  std::string describe_score(const torch::Tensor& score) const override;
  double quality(const Metrics& metrics) const override { return metrics.at("top1"); }

 private:
  Batch make_unmixed_batch(const DeviceRecords& records, Mode mode) const;
  std::vector<AugmentationPlan> plan_augmentations(const data::MicroBatch& records) const;

  ImageField images_;
  std::uint64_t seed_;
  double label_smoothing_;
  double mixup_;
  bool has_mirror_;
  AugmentationSettings augmentation_;
  AugmentationSettings on_device_;  ///< what of it is left to do when a micro-batch arrives
  ClassLabels labels_;
};

std::unique_ptr<Task> make_classification(const data::DatasetIndex& index, const TaskSettings& settings);

}  // namespace hpctrain::tasks
