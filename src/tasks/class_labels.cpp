#include "tasks/class_labels.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <cmath>
#include <cstring>

#include "core/error.hpp"

namespace hpctrain::tasks {
namespace {

constexpr std::int64_t kLargestConfusion = 20;

}  // namespace

ClassLabels::ClassLabels(const data::DatasetIndex& index) : field_(index.field_position("label")) {
  const auto& schema = index.fields[field_];
  require(schema.type == data::ElementType::i64 && schema.sample_shape.empty() && schema.num_classes >= 2, Fault::data,
          index.folder.string() + ": field 'label' is not an i64 scalar with at least two classes; pack it again");
  classes_ = static_cast<std::int64_t>(schema.num_classes);
  names_ = schema.class_names;
}

torch::Tensor ClassLabels::labels_of(const DeviceRecords& records) const {
  return records.fields[field_].view(torch::kInt64);
}

void ClassLabels::require_in_range(const data::MicroBatch& records, std::string_view cure) const {
  const std::byte* bytes = records.rows[field_].data();
  for (std::uint64_t i = 0; i < records.count; ++i) {
    std::int64_t label = 0;
    std::memcpy(&label, bytes + i * sizeof label, sizeof label);
    if (label >= 0 && label < classes_) continue;
    require(label != -1, Fault::data,
            fmt::format("sample {}: has no label (-1), as pictures of a split \"unlabeled\" have; {}",
                        records.sample_ids[i], cure));
    throw Error(Fault::data, fmt::format("sample {}: label {} is outside 0 … {}; the data set was not packed by "
                                         "hpctrain-pack or was changed since, pack it again",
                                         records.sample_ids[i], label, classes_ - 1));
  }
}

std::vector<SampleError> ClassLabels::sample_errors(const torch::Tensor& logits, const Batch& batch) const {
  const torch::NoGradGuard no_grad;
  const auto logs = logits.detach().to(torch::kFloat64).log_softmax(1).cpu();
  const auto targets = batch.targets.cpu();
  const auto answers = logs.argmax(1);
  const auto log = logs.accessor<double, 2>();
  const auto target = targets.accessor<std::int64_t, 1>(), answer = answers.accessor<std::int64_t, 1>();
  std::vector<SampleError> errors;
  for (std::int64_t n = 0; n < batch.count(); ++n) {
    errors.push_back({batch.sample_ids[static_cast<std::size_t>(n)], -log[n][target[n]],
                      fmt::format("{}, answered {} with {:.3f}", class_name(target[n]), class_name(answer[n]),
                                  std::exp(log[n][answer[n]]))});
  }
  return errors;
}

bool ClassLabels::has_confusion() const noexcept {
  return classes_ <= kLargestConfusion;
}

std::int64_t ClassLabels::tally_width() const noexcept {
  return has_confusion() ? classes_ * classes_ : 3 * classes_;
}

torch::Tensor ClassLabels::tally(const torch::Tensor& targets, const torch::Tensor& predicted) const {
  const auto count = [this](const torch::Tensor& labels) { return torch::bincount(labels, {}, classes_); };
  if (!has_confusion()) {
    const auto hits = targets.masked_select(targets.eq(predicted));
    return torch::cat({count(targets), count(predicted), count(hits)}).to(torch::kFloat64);
  }
  return torch::bincount(targets * classes_ + predicted, {}, classes_ * classes_).to(torch::kFloat64);
}

std::string ClassLabels::table(const double* tally) const {
  const auto tensor = torch::from_blob(const_cast<double*>(tally), {tally_width()}, torch::kFloat64);
  const auto confusion = has_confusion() ? tensor.view({classes_, classes_}) : torch::Tensor();
  const auto counts = has_confusion() ? torch::stack({confusion.sum(1), confusion.sum(0), confusion.diagonal()})
                                      : tensor.view({3, classes_});
  const auto count = counts.accessor<double, 2>();
  std::string text = "class                     samples   recall  precision\n";
  for (std::int64_t label = 0; label < classes_; ++label) {
    const double samples = count[0][label], answers = count[1][label], right = count[2][label];
    text += fmt::format("{:<24} {:>8.0f} {:>8.4f} {:>10.4f}\n", class_name(label), samples,
                        samples > 0 ? right / samples : 0, answers > 0 ? right / answers : 0);
  }
  if (!has_confusion()) return text;
  text += "confusion (row: truth, column: prediction)\n";
  for (std::int64_t truth = 0; truth < classes_; ++truth) {
    for (std::int64_t guess = 0; guess < classes_; ++guess) {
      text += fmt::format("{:>7.0f}", tally[truth * classes_ + guess]);
    }
    text += '\n';
  }
  return text;
}

std::string ClassLabels::class_name(std::int64_t label) const {
  const auto position = static_cast<std::size_t>(label);
  return position < names_.size() ? names_[position] : std::to_string(label);
}

}  // namespace hpctrain::tasks
