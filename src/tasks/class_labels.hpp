// The class labels of a data set: their field, their names, and what is said of answers in classes. Knows no network.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset_index.hpp"
#include "tasks/device_records.hpp"
#include "tasks/task.hpp"

namespace hpctrain::tasks {

class ClassLabels {
 public:
  ///   errors  Fault::data when the data set has no field "label" with a class count
  explicit ClassLabels(const data::DatasetIndex& index);

  std::int64_t classes() const noexcept { return classes_; }

  /// shapes  [records.count()] i64 on the device; valid as long as the records
  torch::Tensor labels_of(const DeviceRecords& records) const;

  /// `cure` ends the message about a sample without a label.
  ///   errors  Fault::data naming the sample whose label is outside the classes
  void require_in_range(const data::MicroBatch& records, std::string_view cure) const;

  /// Cross-entropy of each sample of the batch, and the class that is answered.
  ///   shapes  logits [N, classes()]
  std::vector<SampleError> sample_errors(const torch::Tensor& logits, const Batch& batch) const;

  /// Numbers of a tally: with few classes how often each was answered by which (truth-major), with many how often each
  /// was the truth, was answered, and was rightly answered.
  std::int64_t tally_width() const noexcept;
  /// Additive.
  ///   shapes  targets, predicted [N] → [tally_width()] float64
  torch::Tensor tally(const torch::Tensor& targets, const torch::Tensor& predicted) const;
  /// Recall and precision of each class, and the confusion where there are not too many.
  ///   tally  [tally_width()] on the host
  std::string table(const double* tally) const;

 private:
  bool has_confusion() const noexcept;
  std::string class_name(std::int64_t label) const;

  std::size_t field_;
  std::int64_t classes_;
  std::vector<std::string> names_;
};

}  // namespace hpctrain::tasks
