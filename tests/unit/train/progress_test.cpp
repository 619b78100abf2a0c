#include "train/progress.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "train/run_recorder.hpp"

namespace hpctrain::train {
namespace {

TEST(Progress, ComesBackFromItsJson) {
  const Progress progress{.step = 1234567890123, .cursor = {.epoch = 7, .position = 59904}};
  EXPECT_EQ(progress_from_json(nlohmann::json::parse(progress_to_json(progress).dump())), progress);
}

TEST(Progress, RefusesACheckpointWithoutIt) {
  try {
    progress_from_json(nlohmann::json{{"step", 3}});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::no_checkpoint);
  }
}

TEST(Progress, TheLastStepOfAnEpochBelongsToThatEpoch) {
  EXPECT_EQ(epoch_of_last_step({.step = 10, .cursor = {.epoch = 1, .position = 0}}), 0u);
  EXPECT_EQ(epoch_of_last_step({.step = 11, .cursor = {.epoch = 1, .position = 32}}), 1u);
  EXPECT_EQ(epoch_of_last_step({}), 0u);
}

}  // namespace
}  // namespace hpctrain::train
