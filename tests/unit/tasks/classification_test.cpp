// Classification against cross-entropy and counts worked out in plain loops.
#include "tasks/classification.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>

#include "core/error.hpp"
#include "tasks/mixup.hpp"
#include "tasks/registry.hpp"
#include "unit/tasks/support/packed_records.hpp"

namespace hpctrain::tasks {
namespace {

using testing::HasSubstr;

const torch::Device kCpu = torch::kCPU;
constexpr int kClasses = 7;

test::PackedRecords four_images(const std::vector<std::int64_t>& labels = {0, 6, 2, 2}) {
  test::PackedRecords records({10, 11, 12, 13});
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 4 * 2 * 3 * 2; ++i) pixels.push_back(static_cast<std::uint8_t>(5 * i));
  records.add_images(2, 3, 2, pixels);
  records.add_labels(labels, kClasses, {"shirt", "bag"});
  return records;
}

/// Highest first: image 0 → 0 1 2 …, right; image 1 → label 6 is seventh; image 2 → label 2 is second; image 3 → right.
torch::Tensor logits() {
  auto values = torch::empty({4, kClasses});
  const std::vector<std::vector<float>> rows = {
      {9, 8, 7, 6, 5, 4, 3}, {9, 8, 7, 6, 5, 4, 3}, {1, 9, 8, 2, 3, 4, 5}, {0, 1, 9, 2, 3, 4, 5}};
  for (std::int64_t n = 0; n < 4; ++n) values[n] = torch::tensor(rows[static_cast<std::size_t>(n)]);
  return values;
}

double expected_loss(const torch::Tensor& outputs, const torch::Tensor& labels, double smoothing = 0) {
  double sum = 0;
  for (std::int64_t n = 0; n < outputs.size(0); ++n) {
    double partition = 0;
    for (std::int64_t c = 0; c < kClasses; ++c) partition += std::exp(outputs[n][c].item<double>());
    const double right = outputs[n][labels[n].item<std::int64_t>()].item<double>();
    const double mean = outputs[n].mean().item<double>();
    sum += std::log(partition) - (1 - smoothing) * right - smoothing * mean;
  }
  return sum;
}

TEST(Classification, IsInTheRegistryAndAsksForOneLogitPerClass) {
  const auto spec = make_task("classification", four_images().index())->network_spec();
  EXPECT_EQ(spec.outputs, kClasses);
  EXPECT_EQ(spec.channels, 2);
  EXPECT_EQ(spec.height, 2);
  EXPECT_EQ(spec.width, 3);
  EXPECT_THROW(make_task("classificatoin", four_images().index()), Error);
}

TEST(Classification, TurnsStoredPixelsIntoNormalisedPlanes) {
  const auto records = four_images();
  const auto batch = Classification(records.index()).make_batch(records.cut(1, 2), kCpu, Mode::train);
  EXPECT_EQ(batch.images.sizes(), (std::vector<std::int64_t>{2, 2, 2, 3}));
  EXPECT_EQ(batch.sample_ids, (std::vector<std::uint64_t>{11, 12}));
  EXPECT_TRUE(torch::equal(batch.targets, torch::tensor({6, 2}, torch::kInt64)));
  for (std::int64_t n = 0; n < 2; ++n) {
    for (std::int64_t c = 0; c < 2; ++c) {
      for (std::int64_t y = 0; y < 2; ++y) {
        for (std::int64_t x = 0; x < 3; ++x) {
          const auto stored = static_cast<double>(5 * ((((n + 1) * 2 + y) * 3 + x) * 2 + c));
          EXPECT_NEAR(batch.images[n][c][y][x].item<double>(), (stored - 100) / 50, 1e-5);
        }
      }
    }
  }
}

TEST(Classification, LossIsTheSumOfCrossEntropies) {
  const auto records = four_images();
  const Classification task(records.index());
  const auto batch = task.make_batch(records.all(), kCpu, Mode::evaluate);
  EXPECT_NEAR(task.loss_sum(logits(), batch).item<double>(), expected_loss(logits(), batch.targets), 1e-4);
}

TEST(Classification, LabelSmoothingGivesAllClassesAShareOfTheLoss) {
  const auto records = four_images();
  const Classification task(records.index(), {.label_smoothing = 0.25});
  const auto batch = task.make_batch(records.all(), kCpu, Mode::train);
  EXPECT_NEAR(task.loss_sum(logits(), batch).item<double>(), expected_loss(logits(), batch.targets, 0.25), 1e-4);
}

class MeanOfFirstColumn : public models::Network {
 public:
  torch::Tensor forward(const torch::Tensor& images) override { return images.select(3, 0).mean({2}); }
  std::string_view head_name() const override { return "none"; }
};

TEST(Classification, MixesImagesAndLossesOfPartnersByTheSameShares) {
  const auto records = four_images();
  const Classification plain(records.index(), {.seed = 4, .label_smoothing = 0.1});
  const Classification mixing(records.index(), {.seed = 4, .label_smoothing = 0.1, .mixup = 0.5});
  const auto own = records.cut(0, 2, /*epoch=*/1), other = records.cut(2, 2, /*epoch=*/1);
  const auto partners = upload_records(other, kCpu);
  auto given = upload_records(own, kCpu);
  given.partners = &partners;
  const auto batch = mixing.make_batch(given, Mode::train);
  const auto first = plain.make_batch(own, kCpu, Mode::train), second = plain.make_batch(other, kCpu, Mode::train);
  double expected = 0;
  const auto outputs = logits().narrow(0, 0, 2);
  for (std::int64_t n = 0; n < 2; ++n) {
    const double share = draw_own_share(0.5, 4, 1, own.sample_ids[static_cast<std::size_t>(n)]);
    EXPECT_TRUE(torch::allclose(batch.images[n], first.images[n] * share + second.images[n] * (1 - share), 1e-5, 1e-5));
    const auto row = outputs.narrow(0, n, 1);
    expected += share * expected_loss(row, first.targets.narrow(0, n, 1), 0.1) +
                (1 - share) * expected_loss(row, second.targets.narrow(0, n, 1), 0.1);
  }
  EXPECT_NEAR(mixing.loss_sum(outputs, batch).item<double>(), expected, 1e-4);
  EXPECT_EQ(batch.sample_ids, first.sample_ids);
}

TEST(Classification, MixesNothingInEvaluation) {
  const auto records = four_images();
  const Classification mixing(records.index(), {.mixup = 0.5});
  EXPECT_TRUE(mixing.wants_partners());
  EXPECT_FALSE(Classification(records.index()).wants_partners());
  const auto batch = mixing.make_batch(records.all(), kCpu, Mode::evaluate);
  EXPECT_TRUE(torch::equal(batch.targets, torch::tensor({0, 6, 2, 2}, torch::kInt64)));
}

TEST(Classification, AnswersByImageAndMirrorImageInEvaluationOnly) {
  const auto records = four_images();
  const Classification mirroring(records.index(), {.mirror = true});
  const auto batch = mirroring.make_batch(records.all(), kCpu, Mode::evaluate);
  MeanOfFirstColumn network;
  network.eval();
  const auto left = batch.images.select(3, 0).mean({2}), right = batch.images.select(3, 2).mean({2});
  EXPECT_TRUE(torch::allclose(mirroring.forward(network, batch), (left + right) / 2));
  EXPECT_TRUE(torch::equal(Classification(records.index()).forward(network, batch), left));
  network.train();
  EXPECT_TRUE(torch::equal(mirroring.forward(network, batch), left));
}

TEST(Classification, ScoresWithoutLabelSmoothing) {
  const auto records = four_images();
  const Classification task(records.index(), {.label_smoothing = 0.25});
  const auto batch = task.make_batch(records.all(), kCpu, Mode::evaluate);
  EXPECT_NEAR(task.score(logits(), batch)[1].item<double>(), expected_loss(logits(), batch.targets), 1e-4);
}

TEST(Classification, ScoreCountsHitsAndConfusions) {
  const auto records = four_images();
  const Classification task(records.index());
  const auto batch = task.make_batch(records.all(), kCpu, Mode::evaluate);
  const auto score = task.score(logits(), batch);
  ASSERT_EQ(score.numel(), task.score_width());
  const auto metrics = task.metrics(score);
  EXPECT_EQ(score[0].item<double>(), 4);
  EXPECT_DOUBLE_EQ(metrics.at("top1"), 0.5);
  EXPECT_DOUBLE_EQ(metrics.at("top5"), 0.75);
  EXPECT_NEAR(metrics.at("loss"), expected_loss(logits(), batch.targets) / 4, 1e-4);
  EXPECT_DOUBLE_EQ(task.quality(metrics), 0.5);
  auto confusion = torch::zeros({kClasses, kClasses}, torch::kFloat64);
  confusion[0][0] = 1;
  confusion[6][0] = 1;
  confusion[2][1] = 1;
  confusion[2][2] = 1;
  EXPECT_TRUE(torch::equal(score.narrow(0, 4, kClasses * kClasses).view({kClasses, kClasses}), confusion));
}

TEST(Classification, CountsThreeNumbersAClassWhereThereAreManyClasses) {
  constexpr std::int64_t kMany = 5000;
  test::PackedRecords records({10, 11, 12});
  records.add_images(1, 1, 1, {1, 2, 3});
  records.add_labels({7, 4999, 7}, kMany, {});
  const Classification task(records.index());
  const auto batch = task.make_batch(records.all(), kCpu, Mode::evaluate);
  auto outputs = torch::zeros({3, kMany});
  for (const auto& [sample, answer] : {std::pair{0, 7}, {1, 7}, {2, 3}}) outputs[sample][answer] = 1;
  const auto score = task.score(outputs, batch);
  EXPECT_EQ(score.numel(), 4 + 3 * kMany);
  const std::string table = task.describe_score(score);
  EXPECT_THAT(table, HasSubstr("7                               2   0.5000     0.5000\n"));
  EXPECT_THAT(table, HasSubstr("4999                            1   0.0000     0.0000\n"));
  EXPECT_THAT(table, testing::Not(HasSubstr("confusion")));
}

TEST(Classification, ScoreAndLossAddUpOverMicroBatches) {
  const auto records = four_images();
  const Classification task(records.index());
  const auto whole = task.make_batch(records.all(), kCpu, Mode::evaluate);
  auto score = torch::zeros({task.score_width()}, torch::kFloat64);
  for (const auto& [first, count] : {std::pair{0, 1}, {1, 3}}) {
    const auto part = task.make_batch(records.cut(static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(count)),
                                      kCpu, Mode::evaluate);
    score += task.score(logits().narrow(0, first, count), part);
  }
  EXPECT_TRUE(torch::allclose(score, task.score(logits(), whole), 1e-6, 1e-6));
}

TEST(Classification, DescribesEachClassByItsName) {
  const auto records = four_images();
  const Classification task(records.index());
  const auto batch = task.make_batch(records.all(), kCpu, Mode::evaluate);
  const std::string text = task.describe_score(task.score(logits(), batch));
  EXPECT_THAT(text, HasSubstr("shirt                           1   1.0000     0.5000"));
  EXPECT_THAT(text, HasSubstr("bag                             0   0.0000     0.0000"));
  EXPECT_THAT(text, HasSubstr("2                               2   0.5000     1.0000"));
}

TEST(Classification, ListsTheLossOfEverySample) {
  const auto records = four_images();
  const Classification task(records.index());
  const auto batch = task.make_batch(records.all(), kCpu, Mode::evaluate);
  const auto errors = task.sample_errors(logits(), batch);
  ASSERT_EQ(errors.size(), 4u);
  double sum = 0;
  for (std::size_t n = 0; n < errors.size(); ++n) {
    EXPECT_EQ(errors[n].sample_id, batch.sample_ids[n]);
    sum += errors[n].error;
  }
  EXPECT_NEAR(sum, task.loss_sum(logits(), batch).item<double>(), 1e-4);
}

TEST(Classification, AugmentsOnlyForTrainingAndOnlyWhenAsked) {
  const auto records = four_images();
  TaskSettings settings;
  settings.augmentation = read_augmentation("jitter(brightness=0.5)");
  const Classification plain(records.index()), brightened(records.index(), settings);
  const auto stored = plain.make_batch(records.all(), kCpu, Mode::train).images;
  EXPECT_TRUE(torch::equal(brightened.make_batch(records.all(), kCpu, Mode::evaluate).images, stored));
  const auto changed = brightened.make_batch(records.all(), kCpu, Mode::train).images;
  EXPECT_GT((changed - stored).abs().max().item<double>(), 0.01);
  EXPECT_TRUE(torch::equal(brightened.make_batch(records.all(), kCpu, Mode::train).images, changed));
}

TEST(Classification, ResizesImagesOnTheWayWithoutLosingTheirMean) {
  const auto records = four_images();
  TaskSettings settings;
  settings.image_size = {{4, 9}};
  const Classification task(records.index(), settings);
  EXPECT_EQ(task.network_spec().height, 4);
  EXPECT_EQ(task.network_spec().width, 9);
  const auto stored = Classification(records.index()).make_batch(records.all(), kCpu, Mode::evaluate).images;
  const auto images = task.make_batch(records.all(), kCpu, Mode::evaluate).images;
  EXPECT_EQ(images.sizes(), (std::vector<std::int64_t>{4, 2, 4, 9}));
  EXPECT_TRUE(torch::allclose(images.mean({2, 3}), stored.mean({2, 3}), 0, 1e-4));
  const auto alone = task.make_batch(records.cut(2, 1), kCpu, Mode::evaluate).images;
  EXPECT_TRUE(torch::equal(alone[0], images[2]));
}

TEST(Classification, LeavesWindowsToTheDecoderWhereImagesAreStoredEncoded) {
  const auto records = four_images();
  TaskSettings settings;
  settings.augmentation = read_augmentation("random-resized-crop");
  EXPECT_EQ(Classification(records.index(), settings).window_plan(), nullptr);
  settings.is_cut_when_decoded = true;
  const Classification task(records.index(), settings);
  const auto windows = task.window_plan();
  ASSERT_NE(windows, nullptr);
  EXPECT_EQ(windows->output(), (data::ImageSize{2, 3}));
  EXPECT_EQ(task.augmentation(), "random-resized-crop");
  EXPECT_TRUE(torch::equal(task.make_batch(records.all(), kCpu, Mode::train).images,
                           task.make_batch(records.all(), kCpu, Mode::evaluate).images));
}

TEST(Classification, NamesTheSampleWithALabelOutOfRange) {
  const auto records = four_images({0, 1, 7, 2});
  try {
    Classification(records.index()).make_batch(records.all(), kCpu, Mode::train);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::data);
    EXPECT_THAT(error.what(), HasSubstr("sample 12: label 7"));
  }
}

}  // namespace
}  // namespace hpctrain::tasks
