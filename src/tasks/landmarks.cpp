#include "tasks/landmarks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>

#include "core/error.hpp"
#include "tasks/augmentation.hpp"
#include "tasks/heatmap_decoders.hpp"
#include "tasks/heatmaps.hpp"
#include "tasks/landmark_score.hpp"

namespace hpctrain::tasks {
namespace {

constexpr std::int64_t kGeometry = 4;

/// Columns of geometry.
enum : std::int64_t { kScale, kOffsetX, kOffsetY, kMillimetres };

std::optional<std::size_t> find_field(const data::DatasetIndex& index, std::string_view name) {
  for (std::size_t i = 0; i < index.fields.size(); ++i) {
    if (index.fields[i].name == name) return i;
  }
  return std::nullopt;
}

void require_shape(const data::DatasetIndex& index, std::size_t field, const std::vector<std::uint64_t>& shape) {
  const auto& schema = index.fields[field];
  require(
      schema.kind == data::FieldKind::dense && schema.type == data::ElementType::f32 && schema.sample_shape == shape,
      Fault::data,
      fmt::format("{}: field '{}' is not a dense array of f32 with shape [{}]; pack the data set with hpctrain-pack",
                  index.folder.string(), schema.name, fmt::join(shape, ", ")));
}

std::vector<float> read_floats(const data::MicroBatch& records, std::size_t field) {
  std::vector<float> values(records.rows[field].size() / sizeof(float));
  std::memcpy(values.data(), records.rows[field].data(), values.size() * sizeof(float));
  return values;
}

torch::Tensor to_device(const std::vector<float>& values, at::IntArrayRef shape, const torch::Device& device) {
  return torch::tensor(values, torch::kFloat32).view(shape).to(device);
}

std::span<const double> host_view(const torch::Tensor& score) {
  return {score.data_ptr<double>(), static_cast<std::size_t>(score.numel())};
}

}  // namespace

/// Small fields of a micro-batch on the host.
struct Landmarks::HostRecords {
  std::vector<float> truth;     // [N, K, 2]
  std::vector<float> geometry;  // [N, 4]
  std::vector<float> doctors;   // [N, K] distance, NaN without two doctors
};

Landmarks::Landmarks(const data::DatasetIndex& index, const TaskSettings& settings)
    : images_(index),
      settings_(settings),
      augmentation_(settings.augmentation.value_or(AugmentationSettings{})),
      mean_field_(index.field_position("landmarks")),
      geometry_field_(index.field_position("geometry")),
      junior_field_(find_field(index, "landmarks_junior")),
      senior_field_(find_field(index, "landmarks_senior")) {
  const auto& schema = index.fields[mean_field_];
  const std::uint64_t landmarks = schema.sample_shape.empty() ? 0 : std::max<std::uint64_t>(1, schema.sample_shape[0]);
  require_shape(index, mean_field_, {landmarks, 2});
  require_shape(index, geometry_field_, {static_cast<std::uint64_t>(kGeometry)});
  for (const auto& field : {junior_field_, senior_field_}) {
    if (field) require_shape(index, *field, {landmarks, 2});
  }
  const Truth truth = settings.landmarks.truth;
  require((truth != Truth::junior || junior_field_) && (truth != Truth::senior || senior_field_), Fault::usage,
          fmt::format("{}: the truth of each landmark is to be the {}'s, but the data set holds one annotation only; "
                      "choose the truth 'mean'",
                      index.folder.string(), truth_name(truth)));
  landmarks_ = static_cast<std::int64_t>(landmarks);
  names_ = schema.landmark_names;
  while (names_.size() < landmarks) names_.push_back(fmt::format("L{}", names_.size() + 1));
}

models::NetworkSpec Landmarks::network_spec() const {
  return {.channels = images_.channels(), .height = images_.height(), .width = images_.width(), .outputs = landmarks_};
}

Landmarks::HostRecords Landmarks::read_records(const data::MicroBatch& records, Mode mode) const {
  HostRecords host;
  const Truth truth = mode == Mode::train ? Truth::mean : settings_.landmarks.truth;
  host.truth = read_floats(records, truth == Truth::junior   ? *junior_field_
                                    : truth == Truth::senior ? *senior_field_
                                                             : mean_field_);
  host.geometry = read_floats(records, geometry_field_);
  host.doctors.assign(records.count * static_cast<std::size_t>(landmarks_), NAN);
  if (junior_field_ && senior_field_) {
    const auto junior = read_floats(records, *junior_field_), senior = read_floats(records, *senior_field_);
    for (std::size_t i = 0; i < host.doctors.size(); ++i) {
      host.doctors[i] = std::hypot(junior[2 * i] - senior[2 * i], junior[2 * i + 1] - senior[2 * i + 1]);
    }
  }
  for (std::size_t n = 0; n < records.count; ++n) {
    float* geometry = &host.geometry[n * kGeometry];
    const auto* points = &host.truth[n * 2 * static_cast<std::size_t>(landmarks_)];
    const bool is_sound = std::isfinite(geometry[kScale]) && geometry[kScale] > 0 &&
                          std::isfinite(geometry[kOffsetX]) && std::isfinite(geometry[kOffsetY]) &&
                          std::none_of(points, points + 2 * landmarks_, [](float value) { return std::isinf(value); });
    require(
        is_sound, Fault::data,
        fmt::format("sample {}: geometry or landmarks hold infinite numbers or a scale that is not positive; the data "
                    "set was not packed by hpctrain-pack or was changed since, pack it again",
                    records.sample_ids[n]));
    if (!(geometry[kMillimetres] > 0) || std::isinf(geometry[kMillimetres])) geometry[kMillimetres] = 0;
  }
  return host;
}

std::vector<AugmentationPlan> Landmarks::plan_augmentations(const HostRecords& host,
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

Batch Landmarks::make_batch(const data::MicroBatch& records, const torch::Device& device, Mode mode) const {
  auto host = read_records(records, mode);
  const auto count = static_cast<std::int64_t>(records.count);
  Batch batch;
  batch.targets = to_device(host.truth, {count, landmarks_, 2}, device);
  if (mode == Mode::train && augmentation_ != AugmentationSettings::none()) {
    const auto plans = plan_augmentations(host, records);
    batch.images = images_.augmented(records, device, plans);
    batch.targets = augment_points(batch.targets, plans, images_.height(), images_.width());
    // Lengths in the augmented image are longer by the plan's scale, and so errors stay those of the original.
    for (std::size_t n = 0; n < plans.size(); ++n) {
      host.geometry[n * kGeometry + kScale] *= static_cast<float>(plans[n].scale);
    }
    for (std::size_t i = 0; i < host.doctors.size(); ++i) {
      host.doctors[i] *= static_cast<float>(plans[i / static_cast<std::size_t>(landmarks_)].scale);
    }
  } else {
    batch.images = images_.normalised(records, device);
  }
  batch.attributes = torch::cat(
      {to_device(host.geometry, {count, kGeometry}, device), to_device(host.doctors, {count, landmarks_}, device)}, 1);
  batch.sample_ids.assign(records.sample_ids.begin(), records.sample_ids.end());
  return batch;
}

torch::Tensor Landmarks::forward(models::Network& network, const Batch& batch) const {
  const auto heatmaps = network.forward(batch.images);
  const auto stride = network.output_stride();
  const std::vector<std::int64_t> wanted = {batch.count(), landmarks_, images_.height() / stride,
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
  auto loss = (squares * mask).sum() / (energy * static_cast<double>(landmarks_));
  if (settings_.landmarks.coordinate_weight > 0) {
    const auto decoded = decode_local_soft_argmax(heatmaps).points;
    // Missing points must leave the graph before the difference: 0 · NaN would reach every gradient.
    const auto known = torch::where(mask.unsqueeze(2) > 0, points, decoded.detach());
    const auto squared_distance = (decoded - known).square().sum(2) / (sigma * sigma);
    loss = loss + ((1 + squared_distance).sqrt() - 1).sum() *
                      (settings_.landmarks.coordinate_weight / static_cast<double>(landmarks_));
  }
  return loss;
}

torch::Tensor Landmarks::decoded_image_points(const torch::Tensor& outputs, const Batch& batch,
                                              torch::Tensor* confidence) const {
  const auto decoded = decode(settings_.landmarks.decoder, outputs.detach());
  if (confidence != nullptr) *confidence = decoded.confidence;
  return image_from_heatmap_points(decoded.points, batch.images.size(3) / outputs.size(3));
}

torch::Tensor Landmarks::radial_errors(const torch::Tensor& decoded, const Batch& batch) const {
  return (decoded - batch.targets).to(torch::kFloat64).square().sum(2).sqrt();
}

torch::Tensor Landmarks::score(const torch::Tensor& outputs, const Batch& batch) const {
  const torch::NoGradGuard no_grad;
  return score_points(decoded_image_points(outputs, batch), batch, loss_sum(outputs, batch));
}

torch::Tensor Landmarks::score_points(const torch::Tensor& points, const Batch& batch,
                                      const torch::Tensor& loss) const {
  const auto scale = batch.attributes.narrow(1, kScale, 1).to(torch::kFloat64);
  const auto doctors = batch.attributes.narrow(1, kGeometry, landmarks_);
  return landmark_score({.radial = radial_errors(points, batch) / scale,
                         .doctors = doctors / scale,
                         .mm = batch.attributes.select(1, kMillimetres),
                         .loss_sum = loss});
}

std::int64_t Landmarks::score_width() const {
  return landmark_score_width(landmarks_);
}

Metrics Landmarks::metrics(const torch::Tensor& score) const {
  return landmark_report(host_view(score)).metrics(settings_.landmarks.truth);
}

std::string Landmarks::describe_score(const torch::Tensor& score) const {
  const Truth truth = settings_.landmarks.truth;
  const auto report = landmark_report(host_view(score));
  auto text = report.table(
      names_, junior_field_ && senior_field_ ? truth_name(truth) : std::string_view("the data set's one annotation"));
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
  torch::Tensor confidence;
  const auto decoded = decoded_image_points(outputs, batch, &confidence);
  const auto on_host = [](const torch::Tensor& tensor) { return tensor.to(torch::kFloat64).cpu().contiguous(); };
  const auto errors = on_host(radial_errors(decoded, batch)), points = on_host(decoded);
  const auto truths = on_host(batch.targets), heights = on_host(confidence),
             geometry = on_host(batch.attributes.narrow(1, 0, kGeometry));
  const auto error = errors.accessor<double, 2>(), height = heights.accessor<double, 2>();
  const auto facts = geometry.accessor<double, 2>();
  const auto point = points.accessor<double, 3>(), truth = truths.accessor<double, 3>();

  std::vector<LandmarkPrediction> all;
  for (std::int64_t n = 0; n < batch.count(); ++n) {
    LandmarkPrediction prediction{.sample_id = batch.sample_ids[static_cast<std::size_t>(n)],
                                  .scale = facts[n][kScale],
                                  .offset_x = facts[n][kOffsetX],
                                  .offset_y = facts[n][kOffsetY]};
    for (std::int64_t k = 0; k < landmarks_; ++k) {
      PredictedPoint predicted{.x_px = (point[n][k][0] - facts[n][kOffsetX]) / facts[n][kScale],
                               .y_px = (point[n][k][1] - facts[n][kOffsetY]) / facts[n][kScale],
                               .confidence = height[n][k]};
      if (std::isfinite(error[n][k])) {
        predicted.error_px = error[n][k] / facts[n][kScale];
        predicted.truth_x_px = (truth[n][k][0] - facts[n][kOffsetX]) / facts[n][kScale];
        predicted.truth_y_px = (truth[n][k][1] - facts[n][kOffsetY]) / facts[n][kScale];
      }
      if (predicted.error_px && facts[n][kMillimetres] > 0)
        predicted.error_mm = *predicted.error_px * facts[n][kMillimetres];
      prediction.points.push_back(predicted);
    }
    all.push_back(std::move(prediction));
  }
  return all;
}

std::vector<SampleError> Landmarks::sample_errors(const torch::Tensor& outputs, const Batch& batch) const {
  std::vector<SampleError> errors;
  for (const LandmarkPrediction& prediction : predictions(outputs, batch)) {
    double sum = 0, worst = -1;
    std::size_t count = 0, worst_landmark = 0;
    const bool is_in_mm = std::any_of(prediction.points.begin(), prediction.points.end(),
                                      [](const PredictedPoint& point) { return point.error_mm.has_value(); });
    for (std::size_t k = 0; k < prediction.points.size(); ++k) {
      const auto& error = is_in_mm ? prediction.points[k].error_mm : prediction.points[k].error_px;
      if (!error) continue;
      sum += *error;
      ++count;
      if (*error > worst) worst = *error, worst_landmark = k;
    }
    if (count == 0) continue;
    const double mean = sum / static_cast<double>(count);
    const auto unit = is_in_mm ? "mm" : "px";
    errors.push_back(
        {prediction.sample_id, mean,
         fmt::format("mean {:.2f} {}, worst {} {:.2f} {}", mean, unit, names_[worst_landmark], worst, unit)});
  }
  return errors;
}

std::unique_ptr<Task> make_landmarks(const data::DatasetIndex& index, const TaskSettings& settings) {
  return std::make_unique<Landmarks>(index, settings);
}

}  // namespace hpctrain::tasks
