// A doctor's point on a film of full size: stored as the packer stores it, made a batch of as for training, drawn as a
// target, decoded, and brought back to the film.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>

#include "tasks/heatmaps.hpp"
#include "tasks/landmarks.hpp"
#include "tools/single_record.hpp"
#include "unit/tasks/support/packed_records.hpp"

namespace hpctrain::tools {
namespace {

constexpr std::uint64_t kWidth = 208, kHeight = 256, kLandmarks = 19;

data::DatasetIndex film_index() {
  hpctrain::test::PackedRecords records({0});
  records.add_images(kHeight, kWidth, 1, std::vector<std::uint8_t>(kHeight * kWidth));
  records.add_floats("geometry", {4}, {1, 0, 0, 0});
  records.add_floats("landmarks", {kLandmarks, 2}, std::vector<float>(2 * kLandmarks));
  return records.index();
}

/// Nineteen places all over a film of 1935 × 2400 pixels, at fractions of a pixel.
std::vector<pack::Point> scattered_points() {
  std::vector<pack::Point> points;
  for (std::uint64_t k = 0; k < kLandmarks; ++k) {
    points.push_back({150.3 + 87.37 * static_cast<double>(k), 140.7 + static_cast<double>(k * 733 % 2100)});
  }
  return points;
}

struct TargetsAsAnswer : models::Network {
  explicit TargetsAsAnswer(torch::Tensor maps) : maps_(std::move(maps)) {}
  torch::Tensor forward(const torch::Tensor&) override { return maps_; }
  std::string_view head_name() const override { return "head"; }
  std::int64_t output_stride() const override { return 4; }
  torch::Tensor maps_;
};

class PackedPoint : public testing::TestWithParam<std::optional<tasks::AugmentationSettings>> {};

TEST_P(PackedPoint, ComesBackToItsPlaceOnTheFilm) {
  const auto index = film_index();
  const auto points = scattered_points();
  SingleRecord record(index);
  record.write_film({{{1935, 2400}, 1, std::vector<std::byte>(1935 * 2400)}, 0.1, {points}});
  tasks::TaskSettings settings{.augmentation = GetParam()};
  settings.landmarks.decoder = tasks::Decoder::log_parabola;
  const tasks::Landmarks task(index, settings);
  const auto batch = task.make_batch(record.batch(), torch::kCPU, tasks::Mode::train);
  TargetsAsAnswer network(tasks::gaussian_heatmaps(tasks::heatmap_from_image_points(batch.targets, 4), 2.5, 64, 52));
  const auto prediction = task.predictions(task.forward(network, batch), batch).at(0);
  for (std::size_t k = 0; k < kLandmarks; ++k) {
    EXPECT_NEAR(prediction.points[k].x_px, points[k].x, 0.05) << k;
    EXPECT_NEAR(prediction.points[k].y_px, points[k].y, 0.05) << k;
    EXPECT_NEAR(prediction.points[k].error_mm.value(), 0, 0.005) << k;
  }
}

/// Every operation takes part, but none changes anything.
tasks::AugmentationSettings idle_augmentation() {
  tasks::AugmentationSettings settings;
  settings.affine_chance = 1;
  settings.rotate_degrees = 1e-12;
  return settings;
}

INSTANTIATE_TEST_SUITE_P(Identity, PackedPoint, testing::Values(tasks::AugmentationSettings{}, idle_augmentation()),
                         [](const auto& parameter) { return parameter.index == 0 ? "SwitchedOff" : "CarriedOut"; });

}  // namespace
}  // namespace hpctrain::tools
