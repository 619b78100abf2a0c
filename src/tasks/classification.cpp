#include "tasks/classification.hpp"

#include <torch/utils.h>

#include <algorithm>

#include "tasks/augmentation_operations.hpp"
#include "tasks/mixup.hpp"
#include "tasks/window_plan.hpp"

namespace hpctrain::tasks {
namespace {

constexpr std::int64_t kHeaderWidth = 4;
constexpr const char* kNeedsLabels = "classify a split whose samples are labelled";

}  // namespace

Classification::Classification(const data::DatasetIndex& index, const TaskSettings& settings)
    : images_(index, settings.image_size),
      seed_(settings.seed),
      label_smoothing_(settings.label_smoothing),
      mixup_(settings.mixup),
      has_mirror_(settings.mirror),
      labels_(index) {
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
  return {.channels = images_.channels(),
          .height = images_.height(),
          .width = images_.width(),
          .outputs = labels_.classes()};
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
  batch.targets = mix(torch::one_hot(batch.targets, labels_.classes()).to(torch::kFloat32),
                      torch::one_hot(partners.targets, labels_.classes()).to(torch::kFloat32), shares);
  return batch;
}

Batch Classification::make_unmixed_batch(const DeviceRecords& records, Mode mode) const {
  labels_.require_in_range(records.host, kNeedsLabels);
  const bool is_augmented = mode == Mode::train && has_changes(on_device_);
  Batch batch;
  batch.images =
      is_augmented ? images_.augmented(records, plan_augmentations(records.host)) : images_.normalised(records);
  batch.targets = labels_.labels_of(records);
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
  const auto best = std::get<1>(logits.topk(std::min<std::int64_t>(5, labels_.classes()), 1));
  const auto hits = best.eq(batch.targets.unsqueeze(1));

  auto score = torch::zeros({score_width()}, torch::TensorOptions().dtype(torch::kFloat64).device(logits.device()));
  score[0] = batch.count();
  // Without smoothing: the loss of a score is comparable between runs whatever they trained with.
  score[1] = torch::cross_entropy_loss(logits, batch.targets, {}, at::Reduction::Sum).to(torch::kFloat64);
  score[2] = hits.select(1, 0).sum();
  score[3] = hits.sum();
  score.narrow(0, kHeaderWidth, labels_.tally_width()).copy_(labels_.tally(batch.targets, best.select(1, 0)));
  return score;
}

std::vector<SampleError> Classification::sample_errors(const torch::Tensor& outputs, const Batch& batch) const {
  return labels_.sample_errors(outputs, batch);
}

Metrics Classification::metrics(const torch::Tensor& score) const {
  const double* sums = score.data_ptr<double>();
  const double samples = sums[0];
  return {{"loss", sums[1] / samples}, {"top1", sums[2] / samples}, {"top5", sums[3] / samples}};
}

std::string Classification::describe_score(const torch::Tensor& score) const {
  return labels_.table(score.data_ptr<double>() + kHeaderWidth);
}

std::unique_ptr<Task> make_classification(const data::DatasetIndex& index, const TaskSettings& settings) {
  return std::make_unique<Classification>(index, settings);
}

}  // namespace hpctrain::tasks
