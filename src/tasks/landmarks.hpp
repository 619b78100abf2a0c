// Points in an image: Gaussian heatmap targets made on the device, L2 loss, decoders, errors at the original size.
// Must not know which network draws the heatmaps, nor what the points mean.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tasks/augmentation_text.hpp"
#include "tasks/images.hpp"
#include "tasks/landmark_predictions.hpp"
#include "tasks/landmark_records.hpp"
#include "tasks/settings.hpp"
#include "tasks/task.hpp"

namespace hpctrain::tasks {

/// Fields of a record (f32 but for the image): "image"; "landmarks" [K, 2], the mean of the doctors, in pixels of the
/// stored image, NaN = not annotated; "landmarks_junior" and "landmarks_senior", the same of each doctor, where there
/// are two; "geometry" [4] = {stored pixels per original pixel, offset x, offset y, mm per original pixel (NaN or 0 =
/// unknown)}, so that stored = original · scale + offset.
class Landmarks : public Task {
 public:
  ///   errors  Fault::data   a field is missing or has another shape
  ///           Fault::usage  `truth` names a doctor whose points the data set does not have, the images cannot be
  ///                         augmented as the settings say, image_size has another aspect than they have, or mirror
  ///                         images are asked for
  Landmarks(const data::DatasetIndex& index, const TaskSettings& settings);

  std::string name() const override { return "landmarks"; }
  models::NetworkSpec network_spec() const override;
  models::OutputKind network_output() const override { return models::OutputKind::maps; }

  /// shapes  images [N, C, H, W]; targets [N, K, 2] (x, y) in pixels of `images`, NaN = missing; attributes
  ///         [N, 4 + K]: geometry, then the doctors' distance in pixels of the stored image
  ///   errors  Fault::data naming the sample whose geometry or coordinates are no numbers
  using Task::make_batch;
  Batch make_batch(const DeviceRecords& records, Mode mode) const override;
  std::string augmentation() const override { return augmentation_text(augmentation_); }
  std::map<std::string, double> operation_seconds() const override { return images_.operation_seconds(); }

  /// shapes  → heatmaps [N, K, H/s, W/s], s = network.output_stride()
  ///   errors  Fault::usage when the network gives no such heatmaps
  torch::Tensor forward(models::Network& network, const Batch& batch) const override;

  /// Per sample Σ over annotated landmarks and cells (heatmap − target)² / (K·π·σ²): a network that answers 0
  /// everywhere has loss 1, at any image size and σ. With coordinate_weight, plus weight · mean of √(1 + d²/σ²) − 1, d
  /// the soft-argmax's distance from the truth in cells.
  torch::Tensor loss_sum(const torch::Tensor& outputs, const Batch& batch) const override;

  torch::Tensor score(const torch::Tensor& outputs, const Batch& batch) const override;
  /// The score of answers that no network gave.
  ///   shapes  points [N, K, 2] in pixels of batch.images; loss scalar
  torch::Tensor score_points(const torch::Tensor& points, const Batch& batch, const torch::Tensor& loss) const;
  /// Mean radial error of each sample, in mm where its spacing is known.
  std::vector<SampleError> sample_errors(const torch::Tensor& outputs, const Batch& batch) const override;
  std::int64_t score_width() const override;
  Metrics metrics(const torch::Tensor& score) const override;
  std::string describe_score(const torch::Tensor& score) const override;
  /// Minus the mean radial error, in mm where the spacing is known.
  double quality(const Metrics& metrics) const override;

  /// What the heatmaps say, at the original size, for tables and overlays. `batch` made with Mode::evaluate.
  std::vector<LandmarkPrediction> predictions(const torch::Tensor& outputs, const Batch& batch) const;

  /// "L1" … where the data set names none.
  const std::vector<std::string>& landmark_names() const noexcept { return fields_.names(); }

 private:
  std::vector<AugmentationPlan> plan_augmentations(const LandmarkRecords& host, const data::MicroBatch& records) const;

  ImageField images_;
  LandmarkFields fields_;
  TaskSettings settings_;
  AugmentationSettings augmentation_;
};

std::unique_ptr<Task> make_landmarks(const data::DatasetIndex& index, const TaskSettings& settings);

}  // namespace hpctrain::tasks
