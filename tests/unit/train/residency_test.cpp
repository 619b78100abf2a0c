// When the training images lie on the device.
#include "train/residency.hpp"

#include <gtest/gtest.h>

#include "support/expect_error.hpp"

namespace hpctrain::train {
namespace {

using hpctrain::test::expect_error;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

TEST(Residency, IsAutomaticWhereHalfOfTheFreeMemoryHoldsTheImages) {
  EXPECT_TRUE(plan_residency(Residency::automatic, {.split_bytes = 10 * kGiB, .free_bytes = 20 * kGiB}));
  EXPECT_FALSE(plan_residency(Residency::automatic, {.split_bytes = 11 * kGiB, .free_bytes = 20 * kGiB}));
  EXPECT_FALSE(plan_residency(Residency::off, {.split_bytes = kGiB, .free_bytes = 20 * kGiB}));
}

TEST(Residency, IsNeverAutomaticOnTheCpuNorForPicturesCutWhenDecoded) {
  EXPECT_FALSE(plan_residency(Residency::automatic, {.split_bytes = 1}));
  EXPECT_FALSE(
      plan_residency(Residency::automatic, {.split_bytes = 1, .free_bytes = kGiB, .is_cut_when_decoded = true}));
  EXPECT_TRUE(plan_residency(Residency::on, {.split_bytes = 1}));
}

TEST(Residency, SaysWhyItCannotBe) {
  expect_error(Fault::usage, {"data.resident", "3.0 GiB", "4.0 GiB", "auto"},
               [] { plan_residency(Residency::on, {.split_bytes = 3 * kGiB, .free_bytes = 4 * kGiB}); });
  expect_error(Fault::usage, {"data.resident", "random-resized-crop"},
               [] { plan_residency(Residency::on, {.split_bytes = 1, .is_cut_when_decoded = true}); });
}

}  // namespace
}  // namespace hpctrain::train
