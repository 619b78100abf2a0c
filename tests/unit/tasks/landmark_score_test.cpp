// MRE, SD and SDR against values worked out by hand.
#include "tasks/landmark_score.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>

#include "core/error.hpp"

namespace hpctrain::tasks {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Radial errors in mm: landmark 1: 2.0, 0.0, 2.5; landmark 2: missing, 1.2, 3.5.
LandmarkErrors three_samples() {
  return {.radial = torch::tensor({20.0, kMissing, 0.0, 12.0, 5.0, 7.0}, torch::kFloat64).view({3, 2}),
          .doctors = torch::full({3, 2}, kMissing),
          .mm = torch::tensor({0.1f, 0.1f, 0.5f}),
          .loss_sum = torch::tensor(6.0f)};
}

LandmarkReport report_of(const torch::Tensor& score) {
  return landmark_report({score.data_ptr<double>(), static_cast<std::size_t>(score.numel())});
}

TEST(LandmarkScore, AgreesWithHandComputedMillimetres) {
  const auto score = landmark_score(three_samples());
  ASSERT_EQ(score.numel(), landmark_score_width(2));
  EXPECT_EQ(score[0].item<double>(), 3);
  const auto report = report_of(score);
  const auto metrics = report.metrics(Truth::mean);
  EXPECT_DOUBLE_EQ(metrics.at("loss"), 2);
  EXPECT_NEAR(metrics.at("mre_mm"), 1.84, 1e-6);                 // 9.2 / 5
  EXPECT_NEAR(metrics.at("sd_mm"), std::sqrt(7.012 / 4), 1e-6);  // squared deviations sum to 7.012
  EXPECT_DOUBLE_EQ(metrics.at("sdr_2_0"), 0.6);                  // 2.0 itself counts
  EXPECT_DOUBLE_EQ(metrics.at("sdr_2_5"), 0.8);
  EXPECT_DOUBLE_EQ(metrics.at("sdr_3_0"), 0.8);
  EXPECT_DOUBLE_EQ(metrics.at("sdr_4_0"), 1.0);
  EXPECT_EQ(metrics.count("doctors_mm"), 0u);
  EXPECT_EQ(report.landmarks[0].count, 3);
  EXPECT_NEAR(report.landmarks[0].mean, 1.5, 1e-6);
  EXPECT_EQ(report.landmarks[1].count, 2);
  EXPECT_NEAR(report.landmarks[1].mean, 2.35, 1e-6);
  EXPECT_NEAR(report.landmarks[1].deviation, std::sqrt(2 * 1.15 * 1.15), 1e-6);
  EXPECT_DOUBLE_EQ(report.landmarks[1].success_rates[0], 0.5);
}

TEST(LandmarkScore, AddsUpOverSplits) {
  const auto errors = three_samples();
  const auto part = [&](std::int64_t first, std::int64_t count, double loss) {
    return landmark_score({.radial = errors.radial.narrow(0, first, count),
                           .doctors = errors.doctors.narrow(0, first, count),
                           .mm = errors.mm.narrow(0, first, count),
                           .loss_sum = torch::tensor(loss)});
  };
  EXPECT_TRUE(torch::allclose(part(0, 1, 2.5) + part(1, 2, 3.5), landmark_score(errors), 1e-14, 0));
}

TEST(LandmarkScore, SpeaksOfPixelsWhenOneSpacingIsUnknown) {
  auto errors = three_samples();
  errors.mm[1] = 0;
  const auto report = report_of(landmark_score(errors));
  const auto metrics = report.metrics(Truth::mean);
  EXPECT_EQ(metrics.count("mre_mm"), 0u);
  EXPECT_NEAR(metrics.at("mre_px"), 8.8, 1e-9);  // (20 + 0 + 12 + 5 + 7) / 5
  EXPECT_DOUBLE_EQ(metrics.at("sdr_2_0_px"), 0.2);
  EXPECT_THAT(report.table({}, "mean of the doctors"), HasSubstr("pixels"));
}

TEST(LandmarkScore, ReportsHowFarTheDoctorsAreApart) {
  auto errors = three_samples();
  errors.doctors = torch::tensor({10.0, kMissing, 20.0, 30.0, 4.0, 6.0}, torch::kFloat64).view({3, 2});
  const auto report = report_of(landmark_score(errors));
  EXPECT_NEAR(report.metrics(Truth::mean).at("doctors_mm"), (1.0 + 2.0 + 3.0 + 2.0 + 3.0) / 5, 1e-6);
  EXPECT_NEAR(report.landmarks[1].doctors_mean, 3.0, 1e-6);
  EXPECT_NEAR(report.metrics(Truth::mean).at("noise_floor_mm"), 1.1, 1e-6);
  EXPECT_NEAR(report.metrics(Truth::junior).at("noise_floor_mm"), 2.2 / std::sqrt(2.0), 1e-6);
}

TEST(LandmarkScore, NamesTruthAndLandmarksInItsTable) {
  const auto report = report_of(landmark_score(three_samples()));
  const std::vector<std::string> names = {"sella"};
  const std::string table = report.table(names, "senior doctor");
  EXPECT_THAT(table, HasSubstr("truth: senior doctor; radial errors at original size in mm"));
  EXPECT_THAT(table, HasSubstr("sella                           3    1.500"));
  EXPECT_THAT(table, HasSubstr("L2                              2    2.350"));
  EXPECT_THAT(table, HasSubstr("all                             5    1.840    1.324   60.00   80.00   80.00  100.00"));
  EXPECT_THAT(table, Not(HasSubstr("doctors")));
}

TEST(LandmarkScore, OfASplitWithoutAnyAnnotationIsTheLossAlone) {
  auto errors = three_samples();
  errors.radial.fill_(kMissing);
  const auto metrics = report_of(landmark_score(errors)).metrics(Truth::mean);
  EXPECT_EQ(metrics.size(), 1u);
  EXPECT_EQ(metrics.count("loss"), 1u);
}

}  // namespace
}  // namespace hpctrain::tasks
