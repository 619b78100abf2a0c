#include "train/precision.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include "comm/agree.hpp"
#include "comm/thread_communicator.hpp"
#include "support/expect_error.hpp"

namespace hpctrain::train {
namespace {

using hpctrain::test::expect_error;

TEST(Precision, GpusBeforeAmpereRefuseTf32AndBf16NamingTheOption) {
  const FormatSupport volta{.is_gpu = true, .compute_capability = 7};
  expect_error(Fault::device, {"train.precision bf16", "has 7", "--precision fp16"},
               [&] { require_precision(Precision::bf16, volta); });
  expect_error(Fault::device, {"train.precision tf32"}, [&] { require_precision(Precision::tf32, volta); });
  EXPECT_NO_THROW(require_precision(Precision::fp16, volta));
}

TEST(Precision, OneOldGpuAmongNewOnesIsRefusedByAllRanks) {
  comm::run_ranks(3, [](comm::Communicator& group) {
    const FormatSupport support{.is_gpu = true, .compute_capability = group.rank() == 1 ? 7 : 9};
    expect_error(Fault::device, {"rank 1 on ", "train.precision bf16", "this one has 7"},
                 [&] { comm::run_agreed(group, [&] { require_precision(Precision::bf16, support); }); });
  });
}

TEST(Precision, AmpereTakesAllFormats) {
  const FormatSupport ampere{.is_gpu = true, .compute_capability = 8};
  for (const auto precision : {Precision::fp32, Precision::tf32, Precision::bf16, Precision::fp16}) {
    EXPECT_NO_THROW(require_precision(precision, ampere));
  }
}

TEST(Precision, CpusRefuseTf32) {
  expect_error(Fault::device, {"train.precision tf32", "--precision fp32"},
               [] { require_precision(Precision::tf32, {}); });
}

TEST(Precision, CpusWithoutFloat16KernelsRefuseFp16) {
  expect_error(Fault::device, {"train.precision fp16", "--precision bf16"},
               [] { require_precision(Precision::fp16, {.cpu_knows_float16 = false}); });
}

TEST(Autocast, MultipliesInBf16WhileItLivesAndInFloat32Afterwards) {
  const auto left = torch::ones({2, 2}), right = torch::ones({2, 2});
  {
    const Autocast autocast(Precision::bf16, torch::kCPU);
    EXPECT_EQ(torch::mm(left, right).scalar_type(), torch::kBFloat16);
  }
  EXPECT_EQ(torch::mm(left, right).scalar_type(), torch::kFloat32);
}

TEST(Autocast, ForgetsCastsOfWeightsBetweenSteps) {
  auto weight = torch::ones({2, 2}).requires_grad_();
  const auto input = torch::ones({2, 2});
  const auto product = [&] {
    const Autocast autocast(Precision::bf16, torch::kCPU);
    return torch::mm(input, weight).sum().item<double>();
  };
  EXPECT_EQ(product(), 8);
  {
    const torch::NoGradGuard no_grad;
    weight.fill_(2);
  }
  EXPECT_EQ(product(), 16);
}

}  // namespace
}  // namespace hpctrain::train
