#include "train/run_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/utils.h>

#include <algorithm>

#include "core/error.hpp"
#include "data/delivered_fields.hpp"
#include "models/registry.hpp"
#include "tasks/augmentation_text.hpp"
#include "tasks/image_size.hpp"
#include "tasks/registry.hpp"

namespace hpctrain::train {

namespace {

bool has_encoded_images(const data::DatasetIndex& index) {
  return std::any_of(index.fields.begin(), index.fields.end(), [](const data::FieldSchema& field) {
    return field.semantic == "image" && field.kind == data::FieldKind::encoded;
  });
}

void set_recomputation(const RunSettings& settings, models::Network& network) {
  if (settings.train.recompute != Recompute::on) return;
  require(network.can_recompute(), Fault::usage,
          fmt::format("train.recompute on: model.name {} is so small that it has no parts to run again; leave it away",
                      settings.network));
  network.set_recomputation(true);
}

}  // namespace

std::unique_ptr<tasks::Task> make_run_task(const RunSettings& settings, const data::DatasetIndex& index) {
  const auto image_size = tasks::read_image_size(settings.image_size);
  auto task = tasks::make_task(settings.task, data::delivered_index(index, image_size),
                               {.seed = settings.train.seed,
                                .augmentation = tasks::read_augmentation(settings.augment),
                                .image_size = image_size,
                                .is_cut_when_decoded = has_encoded_images(index),
                                .landmarks = settings.landmarks,
                                .contrastive = settings.contrastive,
                                .label_smoothing = settings.label_smoothing,
                                .mixup = settings.mixup,
                                .mirror = settings.evaluation.mirror});
  require(settings.mixup == 0 || task->wants_partners(), Fault::usage,
          "train.mixup mixes labels of classes, and task.name " + task->name() + " has none; leave it away");
  return task;
}

std::shared_ptr<models::Network> make_run_network(const RunSettings& settings, const tasks::Task& task) {
  models::NetworkSpec spec = task.network_spec();
  spec.stem = settings.stem;
  spec.dropout = settings.dropout;
  spec.stochastic_depth = settings.stochastic_depth;
  torch::manual_seed(settings.train.seed);
  auto network = models::make_network(settings.network, spec);
  const bool wants_maps = task.network_output() == models::OutputKind::maps;
  require(
      network->output_kind() == task.network_output(), Fault::usage,
      fmt::format("model.name {} gives {}, but task.name {} needs {}; choose one of: {}", settings.network,
                  wants_maps ? "one number per class" : "heatmaps", task.name(),
                  wants_maps ? "heatmaps" : "one number per class", models::network_names_text(task.network_output())));
  set_recomputation(settings, *network);
  return network;
}

void prepare_for_training(const RunSettings& settings, models::Network& network, const torch::Device& device) {
  network.to(device);
  network.train();
  if (plan_channels_last(settings.train.channels_last, settings.train.precision, device)) lay_channels_last(network);
}

ForwardPass make_forward_pass(const RunSettings& settings, const torch::Device& device) {
  const auto precision = settings.train.precision;
  return {precision, plan_image_layout(settings.train.channels_last, precision, device)};
}

data::LoaderPlan make_loader_plan(const RunSettings& settings, int world) {
  data::LoaderPlan plan;
  plan.split = settings.train_split;
  plan.seed = settings.train.seed;
  plan.batch = settings.train.batch;
  plan.micro_batch = plan_micro_batch(settings.train, world);
  plan.micro_shards = settings.train.micro_shards;
  plan.tail = settings.tail;
  plan.order = settings.order;
  plan.image_size = tasks::read_image_size(settings.image_size);
  return plan;
}

RunLength plan_length(const RunSettings& settings, std::uint64_t steps_per_epoch) {
  return plan_run_length(steps_per_epoch, settings.train.epochs, settings.train.steps.value_or(0));
}

Schedule make_run_schedule(const RunSettings& settings, const RunLength& length) {
  const double peak_lr = plan_peak_lr(settings.optimizer.lr, settings.lr_scaling, settings.train.batch);
  return Schedule(settings.schedule, peak_lr, length);
}

std::vector<std::string> scored_splits(const RunSettings& settings, const tasks::Task& task,
                                       const data::DatasetIndex& index) {
  std::vector<std::string> names;
  if (!task.is_scored()) return names;
  const auto reference = task.reference_samples();
  for (const auto& split : index.splits) {
    const bool is_known = split.name == settings.train_split || (reference && split.name == reference->split);
    if (!is_known && split.name != kUnlabelledSplit && split.num_samples > 0) names.push_back(split.name);
  }
  return names;
}

std::optional<std::string> deciding_split(const std::vector<std::string>& scored) {
  const auto validation = std::find(scored.begin(), scored.end(), kValidationSplit);
  if (validation != scored.end()) return *validation;
  return scored.empty() ? std::nullopt : std::optional(scored.front());
}

std::vector<std::string> splits_in_use(const RunSettings& settings, const tasks::Task& task,
                                       const data::DatasetIndex& index) {
  std::vector<std::string> names{settings.train_split};
  for (const auto& split : scored_splits(settings, task, index)) names.push_back(split);
  const auto reference = task.reference_samples();
  if (reference && reference->split != settings.train_split) names.push_back(reference->split);
  return names;
}

void require_splits(const RunSettings& settings, const tasks::Task& task, const data::DatasetIndex& index) {
  std::vector<std::string> known;
  for (const auto& split : index.splits) known.push_back(split.name);
  require(index.has_split(settings.train_split), Fault::usage,
          fmt::format("data.train-split {}: {} has no such split; choose of {}", settings.train_split,
                      index.folder.string(), fmt::join(known, ", ")));
  require_reference_split(task, index);
}

void require_batch(const RunSettings& settings, const data::DatasetIndex& index) {
  const std::uint64_t samples = index.split(settings.train_split).num_samples;
  require(settings.train.batch <= samples, Fault::usage,
          fmt::format("train.batch {} is larger than the training split of {}, which has {} samples; give a smaller "
                      "--batch",
                      settings.train.batch, index.folder.string(), samples));
}

void require_reference_split(const tasks::Task& task, const data::DatasetIndex& index) {
  const auto reference = task.reference_samples();
  require(!reference || (index.has_split(reference->split) && index.split(reference->split).num_samples > 0),
          Fault::usage,
          fmt::format("eval.probe-split {}: {} has no such split to fit a probe on; name a labelled one, or set "
                      "eval.probe-samples 0 to train without scores",
                      reference ? reference->split : "", index.folder.string()));
}

}  // namespace hpctrain::train
