// One label per image: cross-entropy, top-1 and top-5, per-class recall, confusion matrix.
#pragma once

#include <memory>
#include <vector>

#include "tasks/images.hpp"
#include "tasks/settings.hpp"
#include "tasks/task.hpp"

namespace hpctrain::tasks {

/// Score layout, float64: [samples, loss sum, top-1 hits, top-5 hits, confusion (truth-major) classes²].
class Classification : public Task {
 public:
  ///   errors  Fault::data when the data set has no field "label" with a class count
  explicit Classification(const data::DatasetIndex& index, const TaskSettings& settings = {});

  std::string name() const override { return "classification"; }
  models::NetworkSpec network_spec() const override;
  models::OutputKind network_output() const override { return models::OutputKind::values; }
  Batch make_batch(const data::MicroBatch& records, const torch::Device& device, Mode mode) const override;
  torch::Tensor forward(models::Network& network, const Batch& batch) const override;
  torch::Tensor loss_sum(const torch::Tensor& outputs, const Batch& batch) const override;
  torch::Tensor score(const torch::Tensor& outputs, const Batch& batch) const override;
  /// Cross-entropy of each sample.
  std::vector<SampleError> sample_errors(const torch::Tensor& outputs, const Batch& batch) const override;
  std::int64_t score_width() const override { return 4 + classes_ * classes_; }
  Metrics metrics(const torch::Tensor& score) const override;
  std::string describe_score(const torch::Tensor& score) const override;
  double quality(const Metrics& metrics) const override { return metrics.at("top1"); }

 private:
  std::vector<AugmentationPlan> plan_augmentations(const data::MicroBatch& records) const;
  void require_labels_in_range(const data::MicroBatch& records) const;
  std::string class_name(std::int64_t label) const;

  ImageField images_;
  std::uint64_t seed_;
  double label_smoothing_;
  AugmentationSettings augmentation_;
  std::size_t label_field_;
  std::int64_t classes_;
  std::vector<std::string> class_names_;
};

std::unique_ptr<Task> make_classification(const data::DatasetIndex& index, const TaskSettings& settings);

}  // namespace hpctrain::tasks
