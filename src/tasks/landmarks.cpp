#include "tasks/landmarks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "core/error.hpp"
#include "device/device.hpp"
#include "tasks/augmentation_geometry.hpp"
#include "tasks/augmentation_operations.hpp"
#include "tasks/heatmap_decoders.hpp"
#include "tasks/heatmaps.hpp"
#include "tasks/landmark_score.hpp"

namespace hpctrain::tasks {
namespace {

torch::Tensor to_device(const std::vector<float>& values, at::IntArrayRef shape, const torch::Device& device) {
  return device::send(torch::tensor(values, torch::kFloat32).view(shape), device);
}

std::span<const double> host_view(const torch::Tensor& score) {
  return {score.data_ptr<double>(), static_cast<std::size_t>(score.numel())};
}

torch::Tensor to_image_points(const torch::Tensor& cells, const torch::Tensor& outputs, const Batch& batch) {
  return image_from_heatmap_points(cells, batch.images.size(3) / outputs.size(3));
}

}  // namespace

Landmarks::Landmarks(const data::DatasetIndex& index, const TaskSettings& settings)
    : images_(index, settings.image_size),
      fields_(index, settings.landmarks.truth),
      settings_(settings),
      augmentation_(settings.augmentation.value_or(usual_landmark_augmentation())) {
  require(!settings.mirror, Fault::usage,
          "eval.mirror: a mirrored left landmark is no right one, so the task landmarks has no mirror images; leave it "
          "away");
  const auto scaled = static_cast<double>(images_.height());
  require(std::abs(images_.scale_x() - images_.scale_y()) * scaled < 1e-9 * scaled, Fault::usage,
          fmt::format("data.image-size {}x{}: landmarks need one scale along both axes, and the images are stored with "
                      "another aspect, {:.6g} pixels of width for one of height; choose a size of that aspect",
                      images_.height(), images_.width(),
                      images_.scale_y() / images_.scale_x() * static_cast<double>(images_.width()) / scaled));
  require_applicable(augmentation_, {.task = "landmarks",
                                     .has_landmarks = true,
                                     .channels = images_.channels(),
                                     .height = images_.height(),
                                     .width = images_.width()});
}

models::NetworkSpec Landmarks::network_spec() const {
  return {.channels = images_.channels(),
          .height = images_.height(),
          .width = images_.width(),
          .outputs = fields_.landmarks()};
}

std::vector<AugmentationPlan> Landmarks::plan_augmentations(const LandmarkRecords& host,
                                                            const data::MicroBatch& records) const {
  std::vector<AugmentationPlan> plans;
  for (std::size_t n = 0; n < records.count; ++n) {
    const float* geometry = &host.geometry[n * kGeometry];
    AugmentedImage image{.height = images_.height(), .width = images_.width()};
    if (geometry[kMillimetres] > 0) image.pixels_per_mm = geometry[kScale] / geometry[kMillimetres];
    plans.push_back(
        plan_augmentation(augmentation_, image, settings_.seed, records.batch.epoch, records.sample_ids[n]));
  }
  return plans;
}

Batch Landmarks::make_batch(const DeviceRecords& records, Mode mode) const {
  const Truth truth = mode == Mode::train ? Truth::mean : settings_.landmarks.truth;
  auto host = fields_.read(records.host, truth, images_.scale_x());
  const auto count = records.count(), landmarks = fields_.landmarks();
  Batch batch;
  batch.targets = to_device(host.truth, {count, landmarks, 2}, records.device);
  if (mode == Mode::train && has_changes(augmentation_)) {
    const auto plans = plan_augmentations(host, records.host);
    batch.images = images_.augmented(records, plans);
    batch.targets = augment_points(batch.targets, plans, images_.height(), images_.width());
    // Lengths in the augmented image are longer by the plan's scale, and so errors stay those of the original.
    for (std::size_t n = 0; n < plans.size(); ++n) {
      host.geometry[n * kGeometry + kScale] *= static_cast<float>(plans[n].scale);
    }
    for (std::size_t i = 0; i < host.doctors.size(); ++i) {
      host.doctors[i] *= static_cast<float>(plans[i / static_cast<std::size_t>(landmarks)].scale);
    }
  } else {
    batch.images = images_.normalised(records);
  }
  batch.attributes = torch::cat({to_device(host.geometry, {count, kGeometry}, records.device),
                                 to_device(host.doctors, {count, landmarks}, records.device)},
                                1);
  batch.sample_ids.assign(records.host.sample_ids.begin(), records.host.sample_ids.end());
  return batch;
}

torch::Tensor Landmarks::forward(models::Network& network, const Batch& batch) const {
  const auto heatmaps = network.forward(batch.images);
  const auto stride = network.output_stride();
  const std::vector<std::int64_t> wanted = {batch.count(), fields_.landmarks(), images_.height() / stride,
                                            images_.width() / stride};
  const bool is_whole = images_.height() % stride == 0 && images_.width() % stride == 0;
  require(is_whole && heatmaps.sizes() == wanted, Fault::usage,
          fmt::format(
              "model.name: the network answers [{}] to images of {} × {} pixels, but landmarks need one heatmap "
              "each, [{}]; choose a heatmap network, or pack at a size that its stride {} divides",
              fmt::join(heatmaps.sizes(), ", "), images_.width(), images_.height(), fmt::join(wanted, ", "), stride));
  return heatmaps;
}

torch::Tensor Landmarks::loss_sum(const torch::Tensor& outputs, const Batch& batch) const {
  const double sigma = settings_.landmarks.sigma;
  const auto heatmaps = outputs.to(torch::kFloat32);
  const auto points = heatmap_from_image_points(batch.targets, batch.images.size(3) / outputs.size(3));
  const auto targets = gaussian_heatmaps(points, sigma, outputs.size(2), outputs.size(3));
  const auto mask = annotated_mask(points);
  const auto squares = (heatmaps - targets).square().sum({2, 3});
  const double energy = std::numbers::pi * sigma * sigma;  // of one Gaussian: the sum of its squares
  auto loss = (squares * mask).sum() / (energy * static_cast<double>(fields_.landmarks()));
  if (settings_.landmarks.coordinate_weight > 0) {
    const auto decoded = decode_local_soft_argmax(heatmaps).points;
    // Missing points must leave the graph before the difference: 0 · NaN would reach every gradient.
    const auto known = torch::where(mask.unsqueeze(2) > 0, points, decoded.detach());
    const auto squared_distance = (decoded - known).square().sum(2) / (sigma * sigma);
    loss = loss + ((1 + squared_distance).sqrt() - 1).sum() *
                      (settings_.landmarks.coordinate_weight / static_cast<double>(fields_.landmarks()));
  }
  return loss;
}

torch::Tensor Landmarks::score(const torch::Tensor& outputs, const Batch& batch) const {
  const torch::NoGradGuard no_grad;
  const auto decoded = decode(settings_.landmarks.decoder, outputs.detach());
  return score_points(to_image_points(decoded.points, outputs, batch), batch, loss_sum(outputs, batch));
}

torch::Tensor Landmarks::score_points(const torch::Tensor& points, const Batch& batch,
                                      const torch::Tensor& loss) const {
  const auto scale = batch.attributes.narrow(1, kScale, 1).to(torch::kFloat64);
  const auto doctors = batch.attributes.narrow(1, kGeometry, fields_.landmarks());
  return landmark_score({.radial = radial_errors(points, batch) / scale,
                         .doctors = doctors / scale,
                         .mm = batch.attributes.select(1, kMillimetres),
                         .loss_sum = loss});
}

std::int64_t Landmarks::score_width() const {
  return landmark_score_width(fields_.landmarks());
}

Metrics Landmarks::metrics(const torch::Tensor& score) const {
  return landmark_report(host_view(score)).metrics(settings_.landmarks.truth);
}

std::string Landmarks::describe_score(const torch::Tensor& score) const {
  const Truth truth = settings_.landmarks.truth;
  const auto report = landmark_report(host_view(score));
  auto text =
      report.table(fields_.names(),
                   fields_.has_two_doctors() ? truth_name(truth) : std::string_view("the data set's one annotation"));
  if (report.overall.count == 0) text += "no point of these samples is annotated: there is nothing to compare with\n";
  if (report.overall.doctors_count > 0) {
    text += fmt::format("the doctors' own errors put a floor of about {:.3f} {} under the MRE\n",
                        report.noise_floor(truth), report.unit());
  }
  return text;
}

double Landmarks::quality(const Metrics& metrics) const {
  for (const char* name : {"mre_mm", "mre_px"}) {
    if (const auto found = metrics.find(name); found != metrics.end()) return -found->second;
  }
  // Nothing was annotated: any checkpoint that could be compared is better.
  return std::numeric_limits<double>::lowest();
}

std::vector<LandmarkPrediction> Landmarks::predictions(const torch::Tensor& outputs, const Batch& batch) const {
  const torch::NoGradGuard no_grad;
  const auto decoded = decode(settings_.landmarks.decoder, outputs.detach());
  return landmark_predictions(to_image_points(decoded.points, outputs, batch), decoded.confidence, batch);
}

std::vector<SampleError> Landmarks::sample_errors(const torch::Tensor& outputs, const Batch& batch) const {
  return landmark_errors(predictions(outputs, batch), fields_.names());
}

std::unique_ptr<Task> make_landmarks(const data::DatasetIndex& index, const TaskSettings& settings) {
  return std::make_unique<Landmarks>(index, settings);
}

}  // namespace hpctrain::tasks
