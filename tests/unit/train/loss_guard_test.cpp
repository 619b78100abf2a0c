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

}  // namespace
}  // namespace hpctrain::train
