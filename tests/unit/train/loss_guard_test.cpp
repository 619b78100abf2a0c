#include "train/loss_guard.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>

#include "support/expect_error.hpp"

namespace hpctrain::train {
namespace {

using hpctrain::test::expect_error;

TEST(LossGuard, NamesTheStepWhenTheNextOneIsWatched) {
  LossGuard guard(TrainSettings{});
  guard.watch(7, torch::tensor(0.5f), {});
  guard.watch(8, torch::tensor(NAN), {});
  expect_error(Fault::usage, {"step 8", "nan", "optim.lr"}, [&] { guard.watch(9, torch::tensor(0.1f), {}); });
}

TEST(LossGuard, ReadsTheNewestLossBeforeAnythingIsKept) {
  LossGuard guard(TrainSettings{});
  guard.watch(3, torch::tensor(1.0f), {});
  guard.require_sound();
  guard.watch(4, torch::tensor(INFINITY), {});
  expect_error(Fault::usage, {"step 4", "inf"}, [&] { guard.require_sound(); });
}

TEST(LossGuard, SpeaksForAllRanks) {
  LossGuard guard(TrainSettings{});
  guard.watch(1, torch::tensor(NAN), {});
  try {
    guard.require_sound();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_TRUE(error.is_agreed());
  }
}

TEST(LossGuard, AllowsSoManyBadLossesInARow) {
  LossGuard guard(TrainSettings{.nan_skips = 2});
  std::uint64_t step = 0;
  for (const float loss : {NAN, NAN, 0.5f, NAN, INFINITY}) guard.watch(++step, torch::tensor(loss), {});
  EXPECT_NO_THROW(guard.require_sound());
}

TEST(LossGuard, EndsTheRunAtOneBadLossMore) {
  LossGuard guard(TrainSettings{.nan_skips = 2});
  for (const std::uint64_t step : {1, 2, 3}) guard.watch(step, torch::tensor(NAN), {});
  expect_error(Fault::usage, {"step 3", "nan"}, [&] { guard.require_sound(); });
}

TEST(LossGuard, EndsAnFp16RunWhoseGradientsAlwaysOverflow) {
  LossGuard guard(TrainSettings{.precision = Precision::fp16});
  const auto overflow_until = [&](std::uint64_t last) {
    for (std::uint64_t step = 1; step <= last; ++step) guard.watch(step, torch::tensor(0.5f), torch::tensor(1.0f));
    guard.require_sound();
  };
  EXPECT_NO_THROW(overflow_until(64));
  expect_error(Fault::usage, {"65 times in a row", "--precision bf16"}, [&] { overflow_until(1); });
}

}  // namespace
}  // namespace hpctrain::train
