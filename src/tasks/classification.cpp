#include "tasks/classification.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.hpp"
#include "tasks/augmentation_operations.hpp"
#include "tasks/mixup.hpp"
#include "tasks/window_plan.hpp"

namespace hpctrain::tasks {
namespace {

constexpr std::int64_t kHeaderWidth = 4;
constexpr std::int64_t kLargestPrintedConfusion = 20;

}  // namespace

Classification::Classification(const data::DatasetIndex& index, const TaskSettings& settings)
    : images_(index, settings.image_size),
      seed_(settings.seed),
      label_smoothing_(settings.label_smoothing),
      mixup_(settings.mixup),
      has_mirror_(settings.mirror),
      label_field_(index.field_position("label")) {
  const auto& schema = index.fields[label_field_];
  require(schema.type == data::ElementType::i64 && schema.sample_shape.empty() && schema.num_classes >= 2, Fault::data,
          index.folder.string() + ": field 'label' is not an i64 scalar with at least two classes; pack it again");
  classes_ = static_cast<std::int64_t>(schema.num_classes);
  class_names_ = schema.class_names;
  const AugmentedSet set{
      .task = "classification", .channels = images_.channels(), .height = images_.height(), .width = images_.width()};
  augmentation_ = settings.augmentation.value_or(usual_classification_augmentation(set));
  require_applicable(augmentation_, set);
  on_device_ = augmentation_;
  if (settings.is_cut_when_decoded) on_device_.window_chance = 0;
}

std::unique_ptr<data::ImageWindowPlan> Classification::window_plan() const {
  if (augmentation_.window_chance == on_device_.window_chance) return nullptr;
  const data::ImageSize output{static_cast<std::uint32_t>(images_.height()),
                               static_cast<std::uint32_t>(images_.width())};
  return std::make_unique<RandomWindows>(augmentation_, output, seed_);
}

models::NetworkSpec Classification::network_spec() const {
  return {.channels = images_.channels(), .height = images_.height(), .width = images_.width(), .outputs = classes_};
}

void Classification::require_labels_in_range(const data::MicroBatch& records) const {
  const std::byte* bytes = records.rows[label_field_].data();
  for (std::uint64_t i = 0; i < records.count; ++i) {
    std::int64_t label = 0;
    std::memcpy(&label, bytes + i * sizeof label, sizeof label);
    if (label >= 0 && label < classes_) continue;
    require(
        label != -1, Fault::data,
        fmt::format("sample {}: has no label (-1), as pictures of a split \"unlabeled\" have; classify a split whose "
                    "samples are labelled",
                    records.sample_ids[i]));
    throw Error(Fault::data, fmt::format("sample {}: label {} is outside 0 … {}; the data set was not packed by "
                                         "hpctrain-pack or was changed since, pack it again",
                                         records.sample_ids[i], label, classes_ - 1));
  }
}

std::vector<AugmentationPlan> Classification::plan_augmentations(const data::MicroBatch& records) const {
  std::vector<AugmentationPlan> plans;
  for (const std::uint64_t sample : records.sample_ids) {
    plans.push_back(plan_augmentation(on_device_, {.height = images_.height(), .width = images_.width()}, seed_,
                                      records.batch.epoch, sample));
  }
  return plans;
}

Batch Classification::make_batch(const DeviceRecords& records, Mode mode) const {
  Batch batch = make_unmixed_batch(records, mode);
  if (mode != Mode::train || !wants_partners()) return batch;
  require_invariant(records.partners != nullptr, "whoever wants partners gets them");
  const Batch partners = make_unmixed_batch(*records.partners, mode);
  const auto shares = draw_own_shares(mixup_, seed_, records.host.batch.epoch, records.host.sample_ids, records.device);
  batch.images = mix(batch.images, partners.images, shares);
  batch.targets = mix(torch::one_hot(batch.targets, classes_).to(torch::kFloat32),
                      torch::one_hot(partners.targets, classes_).to(torch::kFloat32), shares);
  return batch;
}

Batch Classification::make_unmixed_batch(const DeviceRecords& records, Mode mode) const {
  require_labels_in_range(records.host);
  const bool is_augmented = mode == Mode::train && has_changes(on_device_);
  Batch batch;
  batch.images =
      is_augmented ? images_.augmented(records, plan_augmentations(records.host)) : images_.normalised(records);
  batch.targets = records.fields[label_field_].view(torch::kInt64);
  batch.sample_ids.assign(records.host.sample_ids.begin(), records.host.sample_ids.end());
  return batch;
}

torch::Tensor Classification::forward(models::Network& network, const Batch& batch) const {
  const auto logits = network.forward(batch.images);
  if (!has_mirror_ || network.is_training()) return logits;
  return (logits.to(torch::kFloat32) + network.forward(batch.images.flip({3})).to(torch::kFloat32)) / 2;
}

torch::Tensor Classification::loss_sum(const torch::Tensor& outputs, const Batch& batch) const {
  return torch::cross_entropy_loss(outputs, batch.targets, {}, at::Reduction::Sum, /*ignore_index=*/-100,
                                   label_smoothing_);
}

torch::Tensor Classification::score(const torch::Tensor& outputs, const Batch& batch) const {
  const auto logits = outputs.detach();
  const auto best = std::get<1>(logits.topk(std::min<std::int64_t>(5, classes_), 1));
  const auto hits = best.eq(batch.targets.unsqueeze(1));
  const auto predicted = best.select(1, 0);
  const auto cells = batch.targets * classes_ + predicted;

  auto score = torch::zeros({score_width()}, torch::TensorOptions().dtype(torch::kFloat64).device(logits.device()));
  score[0] = batch.count();
  // Without smoothing: the loss of a score is comparable between runs whatever they trained with.
  score[1] = torch::cross_entropy_loss(logits, batch.targets, {}, at::Reduction::Sum).to(torch::kFloat64);
  score[2] = hits.select(1, 0).sum();
  score[3] = hits.sum();
  score.narrow(0, kHeaderWidth, classes_ * classes_)
      .copy_(torch::bincount(cells, {}, classes_ * classes_).to(torch::kFloat64));
  return score;
}

std::vector<SampleError> Classification::sample_errors(const torch::Tensor& outputs, const Batch& batch) const {
  const torch::NoGradGuard no_grad;
  const auto logs = outputs.detach().to(torch::kFloat64).log_softmax(1).cpu();
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

Metrics Classification::metrics(const torch::Tensor& score) const {
  const double* sums = score.data_ptr<double>();
  const double samples = sums[0];
  return {{"loss", sums[1] / samples}, {"top1", sums[2] / samples}, {"top5", sums[3] / samples}};
}

std::string Classification::class_name(std::int64_t label) const {
  const auto position = static_cast<std::size_t>(label);
  return position < class_names_.size() ? class_names_[position] : std::to_string(label);
}

std::string Classification::describe_score(const torch::Tensor& score) const {
  const double* confusion = score.data_ptr<double>() + kHeaderWidth;
  std::string text = "class                     samples   recall  precision\n";
  for (std::int64_t truth = 0; truth < classes_; ++truth) {
    double of_class = 0;
    double predicted = 0;
    for (std::int64_t other = 0; other < classes_; ++other) {
      of_class += confusion[truth * classes_ + other];
      predicted += confusion[other * classes_ + truth];
    }
    const double hits = confusion[truth * classes_ + truth];
    text += fmt::format("{:<24} {:>8.0f} {:>8.4f} {:>10.4f}\n", class_name(truth), of_class,
                        of_class > 0 ? hits / of_class : 0, predicted > 0 ? hits / predicted : 0);
  }
  if (classes_ > kLargestPrintedConfusion) return text;
  text += "confusion (row: truth, column: prediction)\n";
  for (std::int64_t truth = 0; truth < classes_; ++truth) {
    for (std::int64_t guess = 0; guess < classes_; ++guess) {
      text += fmt::format("{:>7.0f}", confusion[truth * classes_ + guess]);
    }
    text += '\n';
  }
  return text;
}

std::unique_ptr<Task> make_classification(const data::DatasetIndex& index, const TaskSettings& settings) {
  return std::make_unique<Classification>(index, settings);
}

}  // namespace hpctrain::tasks
