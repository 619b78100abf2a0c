#include "tasks/contrastive.hpp"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>

#include "core/error.hpp"
#include "tasks/augmentation_operations.hpp"
#include "tasks/nt_xent.hpp"

namespace hpctrain::tasks {
namespace {

constexpr std::int64_t kViews = 2;
constexpr std::int64_t kEmbedding = 128;
constexpr std::int64_t kHeaderWidth = 4;
constexpr std::int64_t kFewestReferenceSamples = 10;
constexpr const char* kNeedsLabels =
    "a probe needs labels: name a labelled split with eval.probe-split, or set eval.probe-samples 0 to train without "
    "scores";

bool has_labels(const data::DatasetIndex& index) {
  return std::any_of(index.fields.begin(), index.fields.end(),
                     [](const data::FieldSchema& field) { return field.name == "label"; });
}

}  // namespace

Contrastive::Contrastive(const data::DatasetIndex& index, const TaskSettings& settings)
    : images_(index, settings.image_size), seed_(settings.seed), settings_(settings.contrastive) {
  const AugmentedSet set{
      .task = "contrastive", .channels = images_.channels(), .height = images_.height(), .width = images_.width()};
  augmentation_ = settings.augmentation.value_or(usual_contrastive_augmentation(set));
  require_applicable(augmentation_, set);
  require(has_changes(augmentation_), Fault::usage,
          "data.augment none: the two views of an image would be equal and nothing would be learned; leave it at auto "
          "or name operations");
  if (settings_.probe_samples == 0) return;
  require(has_labels(index), Fault::usage,
          fmt::format("eval.probe-samples {}: {} has no field label; set it to 0 to train without scores",
                      settings_.probe_samples, index.folder.string()));
  labels_.emplace(index);
}

models::NetworkSpec Contrastive::network_spec() const {
  return {.channels = images_.channels(),
          .height = images_.height(),
          .width = images_.width(),
          .outputs = kEmbedding,
          .has_projector = true};
}

torch::Tensor Contrastive::make_view(const DeviceRecords& records, std::uint32_t view) const {
  std::vector<AugmentationPlan> plans;
  for (const std::uint64_t sample : records.host.sample_ids) {
    plans.push_back(plan_augmentation(augmentation_, {.height = images_.height(), .width = images_.width()}, seed_,
                                      records.host.batch.epoch, sample, view));
  }
  return images_.augmented(records, plans);
}

Batch Contrastive::make_batch(const DeviceRecords& records, Mode mode) const {
  Batch batch;
  batch.sample_ids.assign(records.host.sample_ids.begin(), records.host.sample_ids.end());
  if (mode == Mode::train) {
    batch.images = torch::cat({make_view(records, 0), make_view(records, 1)});
    batch.views = kViews;
    return batch;
  }
  batch.images = images_.normalised(records);
  if (!labels_) return batch;
  labels_->require_in_range(records.host, kNeedsLabels);
  batch.targets = labels_->labels_of(records);
  return batch;
}

torch::Tensor Contrastive::forward(models::Network& network, const Batch& batch) const {
  if (batch.views == 1) return network.features(batch.images);
  return network.forward(batch.images).view({kViews, batch.count(), kEmbedding}).transpose(0, 1);
}

std::vector<std::int64_t> Contrastive::spanning_output_shape() const {
  return {kViews, kEmbedding};
}

torch::Tensor Contrastive::spanning_losses(const torch::Tensor& outputs) const {
  return nt_xent_losses(outputs, settings_.temperature);
}

std::uint64_t Contrastive::spanning_losses_bytes(std::uint64_t samples) const {
  return nt_xent_bytes(samples);
}

torch::Tensor Contrastive::loss_sum(const torch::Tensor& outputs, const Batch& /*batch*/) const {
  return spanning_losses(outputs).sum();
}

std::optional<ReferenceSamples> Contrastive::reference_samples() const {
  if (settings_.probe_samples == 0) return std::nullopt;
  return ReferenceSamples{settings_.probe_split, settings_.probe_samples};
}

void Contrastive::take_reference(const torch::Tensor& outputs, const torch::Tensor& targets) {
  const auto labels = targets.flatten();
  const bool are_enough = outputs.size(0) >= kFewestReferenceSamples && labels.ne(labels[0]).any().item<bool>();
  require(are_enough, Fault::data,
          fmt::format("split {}: its {} samples for the probe are too few or all of one class; raise "
                      "eval.probe-samples or name another eval.probe-split",
                      settings_.probe_split, outputs.size(0)));
  require(outputs.isfinite().all().item<bool>(), Fault::usage,
          "features of the probe's samples are not finite: training has diverged; lower optim.lr");
  probe_.emplace(outputs, labels, labels_->classes());
  neighbours_.emplace(outputs, labels, labels_->classes());
}

torch::Tensor Contrastive::score(const torch::Tensor& outputs, const Batch& batch) const {
  require_invariant(probe_.has_value(), "reference samples are taken before scores");
  const auto features = outputs.detach();
  const auto logits = probe_->logits(features);
  const auto predicted = logits.argmax(1);
  auto score = torch::zeros({score_width()}, torch::TensorOptions().dtype(torch::kFloat64).device(features.device()));
  score[0] = batch.count();
  score[1] = torch::cross_entropy_loss(logits, batch.targets, {}, at::Reduction::Sum);
  score[2] = predicted.eq(batch.targets).sum();
  score[3] = neighbours_->votes(features).argmax(1).eq(batch.targets).sum();
  score.narrow(0, kHeaderWidth, labels_->tally_width()).copy_(labels_->tally(batch.targets, predicted));
  return score;
}

std::vector<SampleError> Contrastive::sample_errors(const torch::Tensor& outputs, const Batch& batch) const {
  return labels_->sample_errors(probe_->logits(outputs), batch);
}

std::int64_t Contrastive::score_width() const {
  return kHeaderWidth + (labels_ ? labels_->tally_width() : 0);
}

Metrics Contrastive::metrics(const torch::Tensor& score) const {
  const double* sums = score.data_ptr<double>();
  const double samples = sums[0];
  return {{"probe_loss", sums[1] / samples}, {"probe_top1", sums[2] / samples}, {"knn_top1", sums[3] / samples}};
}

std::string Contrastive::describe_score(const torch::Tensor& score) const {
  return labels_ ? labels_->table(score.data_ptr<double>() + kHeaderWidth) : std::string();
}

std::unique_ptr<Task> make_contrastive(const data::DatasetIndex& index, const TaskSettings& settings) {
  return std::make_unique<Contrastive>(index, settings);
}

}  // namespace hpctrain::tasks
