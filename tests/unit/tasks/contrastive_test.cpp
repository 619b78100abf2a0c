// Contrastive learning: what the views are, what is scored, what is refused.
#include "tasks/contrastive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include "core/error.hpp"
#include "device/tensor_memory.hpp"
#include "tasks/augmentation.hpp"
#include "tasks/augmentation_operations.hpp"
#include "tasks/nt_xent.hpp"
#include "tasks/registry.hpp"
#include "unit/tasks/support/packed_records.hpp"

namespace hpctrain::tasks {
namespace {

using testing::HasSubstr;

const torch::Device kCpu = torch::kCPU;
constexpr std::int64_t kSamples = 12;
constexpr std::int64_t kSide = 8;

test::PackedRecords some_images(std::vector<std::int64_t> labels = {}) {
  std::vector<std::uint64_t> ids;
  for (std::int64_t i = 0; i < kSamples; ++i) {
    ids.push_back(static_cast<std::uint64_t>(100 + i));
    if (static_cast<std::int64_t>(labels.size()) == i) labels.push_back(i % 3);
  }
  test::PackedRecords records(ids);
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < kSamples * kSide * kSide; ++i) pixels.push_back(static_cast<std::uint8_t>(i * 37 + i / 64 * 11));
  records.add_images(kSide, kSide, 1, pixels);
  records.add_labels(labels, 3, {"shirt", "bag", "boot"});
  return records;
}

Batch batch_of(const Task& task, const data::MicroBatch& records, Mode mode = Mode::train) {
  return task.make_batch(records, kCpu, mode);
}

template <typename Call>
std::string usage_error_of(Call call, Fault fault = Fault::usage) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), fault);
    return error.what();
  }
  return "no error";
}

TEST(Contrastive, AsksForAProjectorAndSpansTheGlobalBatch) {
  const auto task = make_task("contrastive", some_images().index());
  EXPECT_TRUE(task->network_spec().has_projector);
  EXPECT_TRUE(task->loss_spans_global_batch());
  EXPECT_THAT(task->spanning_output_shape(), testing::ElementsAre(2, task->network_spec().outputs));
}

TEST(Contrastive, MakesTwoDifferentViewsOfEachSample) {
  const auto records = some_images();
  const auto batch = batch_of(Contrastive(records.index()), records.all());
  ASSERT_EQ(batch.images.size(0), 2 * kSamples);
  EXPECT_EQ(batch.count(), kSamples);
  for (std::int64_t n = 0; n < kSamples; ++n) {
    EXPECT_FALSE(torch::allclose(batch.images[n], batch.images[kSamples + n])) << n;
  }
}

TEST(Contrastive, ViewsAreTheSameHoweverTheBatchIsCut) {
  const auto records = some_images();
  const Contrastive task(records.index());
  const auto whole = batch_of(task, records.all(3)).images.view({2, kSamples, -1});
  for (const std::uint64_t size : {1U, 5U}) {
    for (std::uint64_t first = 0; first < kSamples; first += size) {
      const auto count = std::min<std::uint64_t>(size, kSamples - first);
      const auto part =
          batch_of(task, records.cut(first, count, 3)).images.view({2, static_cast<std::int64_t>(count), -1});
      EXPECT_TRUE(
          torch::equal(part, whole.narrow(1, static_cast<std::int64_t>(first), static_cast<std::int64_t>(count))));
    }
  }
  EXPECT_FALSE(torch::equal(batch_of(task, records.all(4)).images.view({2, kSamples, -1}), whole)) << "another epoch";
}

TEST(Contrastive, ViewsOfASampleAreDrawnIndependentlyAndTheFirstAsAnOnlyOne) {
  AugmentationSettings settings;
  settings.flip_chance = 0.5;
  settings.window_chance = 0.5;
  settings.window_area = {0.3, 0.9};
  int flips[2][2] = {};
  for (std::uint64_t sample = 0; sample < 400; ++sample) {
    const AugmentedImage image{.height = 28, .width = 28};
    const auto only = plan_augmentation(settings, image, 1, 0, sample);
    const auto first = plan_augmentation(settings, image, 1, 0, sample, 0);
    const auto second = plan_augmentation(settings, image, 1, 0, sample, 1);
    EXPECT_EQ(only.move, first.move);
    EXPECT_EQ(only.window, first.window);
    ++flips[first.move.is_flipped ? 1 : 0][second.move.is_flipped ? 1 : 0];
  }
  for (const auto& row : flips) {
    for (const int count : row) EXPECT_NEAR(count, 100, 35);
  }
}

TEST(Contrastive, LossIsSmallWhereViewsAgreeAndOthersDoNot) {
  const auto directions = torch::eye(6, torch::kFloat64);
  const auto agreeing = torch::stack({directions, directions}, 1);
  // Six samples: ten others at cosine 0, the partner at 1.
  const double expected = std::log(std::exp(1 / 0.5) + 10) - 1 / 0.5;
  EXPECT_TRUE(torch::allclose(nt_xent_losses(agreeing, 0.5), torch::full({6}, expected, torch::kFloat64)));
  EXPECT_TRUE(torch::allclose(nt_xent_losses(agreeing * 7, 0.5), nt_xent_losses(agreeing, 0.5))) << "lengths count";
  EXPECT_EQ(nt_xent_losses(agreeing.narrow(0, 0, 1), 0.5).item<double>(), 0) << "nothing to be told from";
}

TEST(Contrastive, LossAndItsGradientTakeTheMemoryThatIsForecast) {
  device::meter_host_tensors();
  constexpr std::uint64_t kCompared = 400;
  const auto embeddings = torch::rand({kCompared, 2, 8}).requires_grad_();
  device::restart_memory_peak(torch::kCPU);
  const auto before = device::read_memory_use(torch::kCPU).allocated_bytes;
  nt_xent_losses(embeddings, 0.5).mean().backward();
  const auto taken = device::read_memory_use(torch::kCPU).peak_allocated_bytes - before;
  const auto forecast = static_cast<double>(nt_xent_bytes(kCompared));
  EXPECT_NEAR(static_cast<double>(taken) / forecast, 1, 0.1);
}

TEST(Contrastive, ScoresWhatProbeAndNeighboursMakeOfFeatures) {
  const auto records = some_images();
  Contrastive task(records.index());
  ASSERT_TRUE(task.reference_samples().has_value());
  // Features that tell the class, and a reference that is like them.
  const auto classes = torch::arange(30).remainder(3);
  const auto features = torch::one_hot(classes, 3).to(torch::kFloat32) + torch::rand({30, 3}) * 0.1;
  task.take_reference(features, classes.view({-1, 1}));
  const auto batch = batch_of(task, records.all(), Mode::evaluate);
  auto answers = torch::one_hot(batch.targets, 3).to(torch::kFloat32);
  answers[0] = answers[1].clone();  // one sample looks like another class
  const auto metrics = task.metrics(task.score(answers, batch));
  EXPECT_DOUBLE_EQ(metrics.at("probe_top1"), 11.0 / 12);
  EXPECT_DOUBLE_EQ(metrics.at("knn_top1"), 11.0 / 12);
  EXPECT_DOUBLE_EQ(task.quality(metrics), 11.0 / 12);
  EXPECT_GT(metrics.at("probe_loss"), 0);
  const auto first = task.score(answers.narrow(0, 0, 5), batch_of(task, records.cut(0, 5), Mode::evaluate));
  const auto rest = task.score(answers.narrow(0, 5, 7), batch_of(task, records.cut(5, 7), Mode::evaluate));
  EXPECT_TRUE(torch::allclose(first + rest, task.score(answers, batch)));
  EXPECT_THAT(task.describe_score(first + rest), HasSubstr("boot"));
  EXPECT_THAT(task.sample_errors(answers, batch).at(0).words, HasSubstr("shirt, answered bag"));
}

TEST(Contrastive, TrainsOnSamplesWithoutLabelsAndRefusesToScoreThem) {
  const auto records = some_images({0, -1});
  const Contrastive task(records.index());
  EXPECT_EQ(batch_of(task, records.all()).count(), kSamples);
  EXPECT_THAT(
      usage_error_of([&] { batch_of(task, records.all(), Mode::evaluate); }, Fault::data),
      testing::AllOf(HasSubstr("sample 101"), HasSubstr("eval.probe-split"), HasSubstr("eval.probe-samples 0")));
}

TEST(Contrastive, NeedsAugmentation) {
  EXPECT_THAT(usage_error_of([] { Contrastive(some_images().index(), {.augmentation = AugmentationSettings{}}); }),
              HasSubstr("data.augment none"));
}

TEST(Contrastive, RefusesReferenceSamplesOfOneClassAndFeaturesThatAreNoNumbers) {
  Contrastive task(some_images().index());
  const auto features = torch::rand({30, 3});
  EXPECT_THAT(usage_error_of(
                  [&] {
                    task.take_reference(features, torch::ones({30, 1}, torch::kInt64));
                  },
                  Fault::data),
              HasSubstr("all of one class"));
  EXPECT_THAT(usage_error_of([&] { task.take_reference(features / 0 - features / 0, torch::arange(30).remainder(3)); }),
              HasSubstr("diverged"));
}

TEST(Contrastive, IsNotScoredWithoutProbeSamples) {
  const Contrastive task(some_images().index(), {.contrastive = {.probe_samples = 0}});
  EXPECT_FALSE(task.is_scored());
  EXPECT_FALSE(task.reference_samples().has_value());
}

TEST(UsualContrastiveAugmentation, LeavesOutWhatGreyImagesCannotHave) {
  const AugmentedSet grey{.task = "contrastive", .channels = 1, .height = 28, .width = 28};
  EXPECT_NO_THROW(require_applicable(usual_contrastive_augmentation(grey), grey));
  const AugmentedSet colour{.task = "contrastive", .channels = 3, .height = 96, .width = 96};
  const auto settings = usual_contrastive_augmentation(colour);
  EXPECT_NO_THROW(require_applicable(settings, colour));
  EXPECT_EQ(settings.grey_chance, 0.2);
  EXPECT_EQ(settings.window_area, (Range{0.08, 1}));
}

}  // namespace
}  // namespace hpctrain::tasks
