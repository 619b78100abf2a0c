#include "train/early_stopping.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "support/expect_error.hpp"

namespace hpctrain::train {
namespace {

EarlyStopping after(const EvaluationSettings& settings, const std::vector<double>& qualities) {
  EarlyStopping stopping(settings);
  for (const double quality : qualities) stopping.note(quality);
  return stopping;
}

TEST(EarlyStopping, IsOverAfterSoManyEvaluationsWithoutGain) {
  EXPECT_FALSE(after({.patience = 2}, {0.5, 0.4}).is_over());
  EXPECT_TRUE(after({.patience = 2}, {0.5, 0.4, 0.5}).is_over());
}

TEST(EarlyStopping, AGainStartsTheCountAnew) {
  EXPECT_FALSE(after({.patience = 2}, {0.5, 0.4, 0.6, 0.5}).is_over());
}

TEST(EarlyStopping, ALesserGainThanTheLeastIsNone) {
  EXPECT_TRUE(after({.patience = 1, .min_delta = 0.1}, {0.5, 0.5625}).is_over());
  EXPECT_FALSE(after({.patience = 1, .min_delta = 0.1}, {0.5, 0.75}).is_over());
}

TEST(EarlyStopping, WhatIsNoNumberIsNoGain) {
  EXPECT_TRUE(after({.patience = 1}, {0.5, NAN}).is_over());
  EXPECT_TRUE(after({.patience = 1}, {NAN}).is_over());
}

TEST(EarlyStopping, WithoutPatienceNothingIsOver) {
  EXPECT_FALSE(after({}, {0.5, 0.4, 0.3, 0.2}).is_over());
}

TEST(EarlyStopping, GoesOnCountingWhereACheckpointLeftIt) {
  const auto saved = after({.patience = 2}, {0.5, 0.4}).to_json();
  EarlyStopping resumed({.patience = 2});
  resumed.restore(saved);
  EXPECT_FALSE(resumed.is_over());
  resumed.note(0.45);
  EXPECT_TRUE(resumed.is_over());
}

TEST(EarlyStopping, RefusesACheckpointWithValuesOfAnotherKind) {
  EarlyStopping stopping({.patience = 2});
  test::expect_error(Fault::no_checkpoint, {"early stopping"}, [&] { stopping.restore({{"best", "high"}}); });
}

}  // namespace
}  // namespace hpctrain::train
