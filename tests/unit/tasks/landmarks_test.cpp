// The landmark task from packed records to metrics; the network is replaced by heatmaps that the test draws.
#include "tasks/landmarks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <numbers>

#include "core/error.hpp"
#include "tasks/registry.hpp"
#include "unit/tasks/support/packed_records.hpp"

namespace hpctrain::tasks {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kHeight = 32, kWidth = 48;
const torch::Device kCpu = torch::kCPU;

std::vector<std::uint8_t> random_pixels(std::size_t count) {
  std::vector<std::uint8_t> pixels(count);
  std::uint32_t state = 1;
  for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
  return pixels;
}

/// Two films of two landmarks; the second landmark of the first film is missing. The second film was stored at full
/// size, the first at half size and shifted.
test::PackedRecords two_films(bool with_doctors = true) {
  test::PackedRecords records({70, 71});
  records.add_images(kHeight, kWidth, 1, random_pixels(2 * kHeight * kWidth));
  records.add_floats("landmarks", {2, 2}, {10.25f, 12.5f, NAN, NAN, 30.75f, 8.0f, 20.5f, 21.25f}, {"sella"});
  records.add_floats("geometry", {4}, {0.5f, 2, 3, 0.1f, 1, 0, 0, 0.5f});
  if (with_doctors) {
    records.add_floats("landmarks_junior", {2, 2}, {10, 12, NAN, NAN, 30, 8, 20, 21});
    records.add_floats("landmarks_senior", {2, 2}, {10, 15, NAN, NAN, 30, 8, 23, 25});
  }
  return records;
}

/// Answers what it is given, whatever the images.
struct DrawnHeatmaps : models::Network {
  DrawnHeatmaps(torch::Tensor answer, std::int64_t stride) : answer_(std::move(answer)), stride_(stride) {}
  torch::Tensor forward(const torch::Tensor&) override { return answer_; }
  std::string_view head_name() const override { return "head"; }
  std::int64_t output_stride() const override { return stride_; }

  torch::Tensor answer_;
  std::int64_t stride_;
};

/// Gaussians at `points` [N, K, 2] in pixels of the image, in double loops; NaN draws nothing.
torch::Tensor drawn(const torch::Tensor& points, double sigma, std::int64_t stride) {
  const std::int64_t height = kHeight / stride, width = kWidth / stride;
  auto maps = torch::zeros({points.size(0), points.size(1), height, width});
  float* value = maps.data_ptr<float>();
  for (std::int64_t map = 0; map < points.size(0) * points.size(1); ++map) {
    const double x = points.view({-1, 2})[map][0].item<double>(), y = points.view({-1, 2})[map][1].item<double>();
    for (std::int64_t row = 0; row < height; ++row) {
      for (std::int64_t column = 0; column < width; ++column, ++value) {
        // Middle of the cell, in pixels of the image.
        const double dx = (static_cast<double>(column) + 0.5) * static_cast<double>(stride) - 0.5 - x;
        const double dy = (static_cast<double>(row) + 0.5) * static_cast<double>(stride) - 0.5 - y;
        const double spread = sigma * static_cast<double>(stride);
        if (std::isfinite(x)) *value = static_cast<float>(std::exp(-(dx * dx + dy * dy) / (2 * spread * spread)));
      }
    }
  }
  return maps;
}

TaskSettings unaugmented(Decoder decoder = Decoder::log_parabola) {
  TaskSettings settings;
  settings.augmentation = AugmentationSettings{};
  settings.landmarks.decoder = decoder;
  return settings;
}

TEST(Landmarks, IsInTheRegistryAndAsksForOneHeatmapPerLandmark) {
  const auto task = make_task("landmarks", two_films().index());
  EXPECT_EQ(task->name(), "landmarks");
  const auto spec = task->network_spec();
  EXPECT_EQ(spec.outputs, 2);
  EXPECT_EQ(spec.channels, 1);
  EXPECT_EQ(spec.height, kHeight);
  EXPECT_EQ(spec.width, kWidth);
  EXPECT_FALSE(task->loss_spans_global_batch());
}

TEST(Landmarks, NormalisesImagesAndKeepsMissingPoints) {
  const auto films = two_films();
  const auto batch = Landmarks(films.index(), unaugmented()).make_batch(films.all(), kCpu, Mode::train);
  EXPECT_EQ(batch.images.sizes(), (std::vector<std::int64_t>{2, 1, kHeight, kWidth}));
  EXPECT_NEAR(batch.images[0][0][0][0].item<double>(), (random_pixels(1)[0] - 100.0) / 50, 1e-5);
  EXPECT_FLOAT_EQ(batch.targets[0][0][1].item<float>(), 12.5f);
  EXPECT_TRUE(batch.targets[0][1].isnan().all().item<bool>());
  EXPECT_EQ(batch.sample_ids, (std::vector<std::uint64_t>{70, 71}));
}

TEST(Landmarks, APackedPointComesBackThroughIdentityAugmentationAndDecoding) {
  const auto films = two_films();
  for (const Decoder decoder : {Decoder::log_parabola, Decoder::local_soft_argmax}) {
    for (const std::int64_t stride : {1, 2}) {
      TaskSettings settings;
      settings.augmentation = AugmentationSettings{};
      settings.landmarks.decoder = decoder;
      const Landmarks task(films.index(), settings);
      const auto batch = task.make_batch(films.all(), kCpu, Mode::train);
      DrawnHeatmaps network(drawn(batch.targets, 2, stride), stride);
      const auto predictions = task.predictions(task.forward(network, batch), batch);
      ASSERT_EQ(predictions.size(), 2u);
      EXPECT_EQ(predictions[0].sample_id, 70u);
      // stored = original · scale + offset
      EXPECT_NEAR(predictions[0].points[0].x_px, (10.25 - 2) / 0.5, 0.05 / 0.5);
      EXPECT_NEAR(predictions[0].points[0].y_px, (12.5 - 3) / 0.5, 0.05 / 0.5);
      EXPECT_FALSE(predictions[0].points[1].error_px.has_value());
      EXPECT_NEAR(predictions[1].points[1].x_px, 20.5, 0.05 * static_cast<double>(stride));
      EXPECT_NEAR(predictions[1].points[1].error_mm.value(), 0, 0.05 * 0.5 * static_cast<double>(stride));
      EXPECT_GT(predictions[1].points[1].confidence, 0.9);
    }
  }
}

/// Σ (heatmap − target)² over annotated landmarks / (K π σ²), in double loops over `drawn`.
double expected_loss(const torch::Tensor& outputs, const torch::Tensor& targets, double sigma, std::int64_t stride) {
  const auto maps = drawn(targets, sigma, stride);
  double sum = 0;
  for (std::int64_t n = 0; n < targets.size(0); ++n) {
    for (std::int64_t k = 0; k < targets.size(1); ++k) {
      if (std::isnan(targets[n][k][0].item<double>())) continue;
      const float *map = maps[n][k].data_ptr<float>(), *output = outputs[n][k].data_ptr<float>();
      for (std::int64_t i = 0; i < maps[n][k].numel(); ++i) sum += std::pow(static_cast<double>(map[i]) - output[i], 2);
    }
  }
  return sum / (static_cast<double>(targets.size(1)) * std::numbers::pi * sigma * sigma);
}

TEST(Landmarks, LossIsTheSquaredDistanceFromTheGaussiansOfAnnotatedPoints) {
  const auto films = two_films();
  const Landmarks task(films.index(), unaugmented());
  const auto batch = task.make_batch(films.all(), kCpu, Mode::evaluate);
  torch::manual_seed(1);
  for (const std::int64_t stride : {1, 4}) {
    const auto outputs = torch::rand({2, 2, kHeight / stride, kWidth / stride});
    const double expected = expected_loss(outputs, batch.targets, 2.5, stride);
    EXPECT_NEAR(task.loss_sum(outputs, batch).item<double>(), expected, 1e-5 * expected);
  }
  EXPECT_NEAR(task.loss_sum(drawn(batch.targets, 2.5, 1), batch).item<double>(), 0, 1e-6);
  // Three of four points are annotated: a network that answers 0 loses 1/K for each.
  EXPECT_NEAR(task.loss_sum(torch::zeros({2, 2, kHeight, kWidth}), batch).item<double>(), 1.5, 0.01);
}

TEST(Landmarks, MissingPointsSendNoGradient) {
  const auto films = two_films();
  auto settings = unaugmented();
  settings.landmarks.coordinate_weight = 0.5;
  const Landmarks task(films.index(), settings);
  const auto batch = task.make_batch(films.all(), kCpu, Mode::train);
  torch::manual_seed(1);
  auto outputs = torch::rand({2, 2, kHeight, kWidth}).requires_grad_();
  task.loss_sum(outputs, batch).backward();
  EXPECT_TRUE(outputs.grad().isfinite().all().item<bool>());
  EXPECT_TRUE(outputs.grad()[0][1].eq(0).all().item<bool>());
  EXPECT_GT(outputs.grad()[0][0].abs().max().item<double>(), 0);
}

TEST(Landmarks, CoordinateLossGrowsWithTheDistanceOfThePeak) {
  const auto films = two_films();
  auto settings = unaugmented();
  const Landmarks plain(films.index(), settings);
  settings.landmarks.coordinate_weight = 0.5;
  const Landmarks weighted(films.index(), settings);
  const auto batch = plain.make_batch(films.all(), kCpu, Mode::evaluate);
  const auto heatmaps = drawn(batch.targets + 3, 2.5, 1);
  const double added = (weighted.loss_sum(heatmaps, batch) - plain.loss_sum(heatmaps, batch)).item<double>();
  // Three points, each (3, 3) cells away: weight / K · Σ √(1 + 18/σ²) − 1.
  EXPECT_NEAR(added, 0.5 / 2 * 3 * (std::sqrt(1 + 18 / 6.25) - 1), 0.01);
}

TEST(Landmarks, ScoresErrorsInMillimetresOfTheOriginal) {
  const auto films = two_films();
  auto settings = unaugmented(Decoder::argmax);
  settings.landmarks.truth = Truth::junior;
  const Landmarks task(films.index(), settings);
  const auto batch = task.make_batch(films.all(), kCpu, Mode::evaluate);
  auto heatmaps = torch::zeros({2, 2, kHeight, kWidth});
  heatmaps[0][0][16][13] = 1;  // (3, 4) stored pixels from (10, 12): 10 original pixels, 1.0 mm
  heatmaps[0][1][1][1] = 1;    // not annotated
  heatmaps[1][0][8][30] = 1;   // on the spot
  heatmaps[1][1][21][26] = 1;  // 6 pixels of 0.5 mm: 3.0 mm
  const auto score = task.score(heatmaps, batch);
  ASSERT_EQ(score.numel(), task.score_width());
  const auto metrics = task.metrics(score);
  EXPECT_NEAR(metrics.at("mre_mm"), 4.0 / 3, 1e-6);
  EXPECT_NEAR(metrics.at("sd_mm"), std::sqrt((1.0 / 9 + 16.0 / 9 + 25.0 / 9) / 2), 1e-6);
  EXPECT_NEAR(metrics.at("sdr_2_5"), 2.0 / 3, 1e-12);
  EXPECT_NEAR(metrics.at("sdr_3_0"), 1, 1e-12);
  EXPECT_NEAR(metrics.at("doctors_mm"), (6 * 0.1 + 0 + 5 * 0.5) / 3, 1e-6);
  EXPECT_NEAR(task.quality(metrics), -4.0 / 3, 1e-6);
  EXPECT_THAT(task.describe_score(score), HasSubstr("truth: junior doctor"));
  EXPECT_THAT(task.describe_score(score), HasSubstr("sella"));
  EXPECT_THAT(task.describe_score(score), HasSubstr("L2"));
}

TEST(Landmarks, ScoresInPixelsWhereTheSpacingIsUnknown) {
  auto films = two_films(false);
  films.add_floats("geometry", {4}, {0.5f, 2, 3, NAN, 1, 0, 0, 0});
  const Landmarks task(films.index(), unaugmented(Decoder::argmax));
  const auto batch = task.make_batch(films.all(), kCpu, Mode::evaluate);
  auto heatmaps = torch::zeros({2, 2, kHeight, kWidth});
  heatmaps[0][0][12][10] = 1;
  heatmaps[1][0][8][31] = 1;
  heatmaps[1][1][21][20] = 1;
  const auto metrics = task.metrics(task.score(heatmaps, batch));
  const double expected = (2 * std::hypot(0.25, 0.5) + 0.25 + std::hypot(0.5, 0.25)) / 3;
  EXPECT_NEAR(metrics.at("mre_px"), expected, 1e-6);
  EXPECT_NEAR(task.quality(metrics), -expected, 1e-6);
  EXPECT_FALSE(task.predictions(heatmaps, batch)[0].points[0].error_mm.has_value());
}

TEST(Landmarks, AugmentsTrainingOnlyAndAnewInEachEpoch) {
  const auto films = two_films();
  const Landmarks task(films.index(), {});
  const Landmarks plain(films.index(), unaugmented());
  const auto stored = plain.make_batch(films.all(), kCpu, Mode::evaluate);
  EXPECT_TRUE(torch::equal(task.make_batch(films.all(), kCpu, Mode::evaluate).images, stored.images));
  const auto first = task.make_batch(films.all(0), kCpu, Mode::train);
  EXPECT_FALSE(torch::equal(first.images, stored.images));
  EXPECT_FALSE(torch::equal(first.images, task.make_batch(films.all(1), kCpu, Mode::train).images));
  EXPECT_TRUE(torch::equal(first.images, task.make_batch(films.all(0), kCpu, Mode::train).images));
  EXPECT_FALSE(torch::equal(first.images,
                            Landmarks(films.index(), {.seed = 2}).make_batch(films.all(0), kCpu, Mode::train).images));
  EXPECT_TRUE(first.targets[0][1].isnan().all().item<bool>());
}

TEST(Landmarks, AreTheSameAtAnySplitIntoMicroBatches) {
  const auto films = two_films();
  const Landmarks task(films.index(), {});
  const auto whole = task.make_batch(films.all(3), kCpu, Mode::train);
  torch::manual_seed(1);
  const auto outputs = torch::rand({2, 2, kHeight, kWidth});
  double loss = 0;
  auto score = torch::zeros({task.score_width()}, torch::kFloat64);
  for (std::int64_t n = 0; n < 2; ++n) {
    const auto part = task.make_batch(films.cut(static_cast<std::uint64_t>(n), 1, 3), kCpu, Mode::train);
    EXPECT_TRUE(torch::equal(part.images[0], whole.images[n]));
    EXPECT_TRUE(torch::allclose(part.targets[0], whole.targets[n], 0, 0, /*equal_nan=*/true));
    loss += task.loss_sum(outputs.narrow(0, n, 1), part).item<double>();
    score += task.score(outputs.narrow(0, n, 1), part);
  }
  EXPECT_NEAR(loss, task.loss_sum(outputs, whole).item<double>(), 1e-5 * loss);
  EXPECT_TRUE(torch::allclose(score, task.score(outputs, whole), 1e-5, 1e-9));
}

TEST(Landmarks, AnotherImageSizeMovesPointsAndLeavesErrorsInMillimetres) {
  const auto films = two_films();
  auto settings = unaugmented(Decoder::argmax);
  settings.image_size = {{kHeight / 2, kWidth / 2}};
  const Landmarks task(films.index(), settings);
  EXPECT_EQ(task.network_spec().height, kHeight / 2);
  EXPECT_EQ(task.network_spec().width, kWidth / 2);
  const auto batch = task.make_batch(films.all(), kCpu, Mode::evaluate);
  EXPECT_EQ(batch.images.sizes(), (std::vector<std::int64_t>{2, 1, kHeight / 2, kWidth / 2}));
  EXPECT_FLOAT_EQ(batch.targets[0][0][0].item<float>(), (10.25f + 0.5f) / 2 - 0.5f);
  // 5 pixels of the smaller image are 10 stored ones: 20 · 0.1 mm on the first film and 10 · 0.5 mm on the second.
  const auto shifted = batch.targets + torch::tensor({3.0f, 4.0f});
  const auto metrics = task.metrics(task.score_points(shifted, batch, torch::zeros({})));
  EXPECT_NEAR(metrics.at("mre_mm"), (2.0 + 5 + 5) / 3, 1e-5);
  EXPECT_NEAR(metrics.at("doctors_mm"), (6 * 0.1 + 0 + 5 * 0.5) / 3, 1e-5);
  auto heatmaps = torch::zeros({2, 2, kHeight / 2, kWidth / 2});
  heatmaps[1][0][3][15] = 1;
  const auto prediction = task.predictions(heatmaps, batch)[1];
  EXPECT_NEAR(prediction.points[0].x_px, 15.5 * 2 - 0.5, 1e-5);
  EXPECT_NEAR(prediction.points[0].y_px, 3.5 * 2 - 0.5, 1e-5);
}

template <typename Action>
Fault fault_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.fault();
  }
  ADD_FAILURE() << "nothing was thrown";
  return Fault::bug;
}

TEST(Landmarks, RefuseDataSetsThatDoNotFit) {
  test::PackedRecords no_geometry({1});
  no_geometry.add_images(4, 4, 1, random_pixels(16));
  no_geometry.add_floats("landmarks", {1, 2}, {1, 1});
  EXPECT_EQ(fault_of([&] { Landmarks(no_geometry.index(), {}); }), Fault::data);

  auto flat = two_films();
  flat.add_floats("landmarks", {4}, {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(fault_of([&] { Landmarks(flat.index(), {}); }), Fault::data);

  TaskSettings settings;
  settings.landmarks.truth = Truth::senior;
  EXPECT_EQ(fault_of([&] { Landmarks(two_films(false).index(), settings); }), Fault::usage);

  TaskSettings square;
  square.image_size = {{kHeight, kHeight}};
  EXPECT_EQ(fault_of([&] { Landmarks(two_films().index(), square); }), Fault::usage);
  TaskSettings mirrored;
  mirrored.augmentation = read_augmentation("flip");
  EXPECT_EQ(fault_of([&] { Landmarks(two_films().index(), mirrored); }), Fault::usage);
  TaskSettings answered_twice;
  answered_twice.mirror = true;
  EXPECT_EQ(fault_of([&] { Landmarks(two_films().index(), answered_twice); }), Fault::usage);
}

TEST(Landmarks, NameTheSampleWhoseNumbersAreBroken) {
  auto no_scale = two_films();
  no_scale.add_floats("geometry", {4}, {0.5f, 2, 3, 0.1f, 0, 0, 0, 0.1f});
  auto infinite = two_films();
  infinite.add_floats("landmarks", {2, 2}, {1, 2, 3, 4, 5, 6, INFINITY, 8});
  for (const auto& films : {no_scale, infinite}) {
    try {
      Landmarks(films.index(), {}).make_batch(films.all(), kCpu, Mode::train);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::data);
      EXPECT_THAT(error.what(), HasSubstr("sample 71"));
    }
  }
}

TEST(Landmarks, RefuseNetworksThatDrawNoHeatmaps) {
  const auto films = two_films();
  const Landmarks task(films.index(), {});
  const auto batch = task.make_batch(films.all(), kCpu, Mode::evaluate);
  DrawnHeatmaps logits(torch::zeros({2, 2}), 1), other_stride(torch::zeros({2, 2, kHeight, kWidth}), 2);
  EXPECT_EQ(fault_of([&] { task.forward(logits, batch); }), Fault::usage);
  EXPECT_EQ(fault_of([&] { task.forward(other_stride, batch); }), Fault::usage);
}

TEST(Landmarks, ScoresPointsThatNoNetworkGave) {
  const auto films = two_films();
  const Landmarks task(films.index(), unaugmented());
  const auto batch = task.make_batch(films.all(), kCpu, Mode::evaluate);
  const auto shifted = batch.targets + torch::tensor({3.0f, 4.0f});
  const auto metrics = task.metrics(task.score_points(shifted, batch, torch::zeros({})));
  // 5 stored pixels are 10 · 0.1 mm on the first film (half size) and 5 · 0.5 mm on the second.
  EXPECT_NEAR(metrics.at("mre_mm"), (1.0 + 2.5 + 2.5) / 3, 1e-5);
}

TEST(Landmarks, ListsTheMeanErrorOfEverySampleAndItsWorstLandmark) {
  const auto films = two_films();
  const Landmarks task(films.index(), unaugmented());
  const auto batch = task.make_batch(films.all(), kCpu, Mode::evaluate);
  auto answered = batch.targets.clone();
  answered.index({1, 1, 0}).add_(4);
  const auto errors = task.sample_errors(drawn(answered, 2, 1), batch);
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[1].sample_id, 71u);
  EXPECT_NEAR(errors[0].error, 0, 0.02);
  EXPECT_NEAR(errors[1].error, 4 * 0.5 / 2, 0.02);
  EXPECT_THAT(errors[1].words, HasSubstr("mm, worst L2 2.0"));
}

}  // namespace
}  // namespace hpctrain::tasks
