// What the kernel counts, not what the allocator says.
#include "device/host_memory.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <torch/utils.h>

#include <vector>

namespace hpctrain::device {
namespace {

constexpr std::int64_t kElements = std::int64_t{2} << 20;  // 8 MiB of float32
constexpr long kPagesOfAll = 16 * (8 << 20) / 4096;

long minor_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

/// Activations of one step: all alive at once, all gone afterwards.
void hold_sixteen_tensors() {
  std::vector<torch::Tensor> tensors;
  for (int i = 0; i < 16; ++i) tensors.push_back(torch::ones({kElements}));
}

TEST(HostMemory, TheNextStepFindsItsPagesMapped) {
  keep_freed_memory();
  // Blocks aligned for large pages lie elsewhere in the first rounds, until the freed ones have grown together.
  for (int round = 0; round < 8; ++round) hold_sixteen_tensors();
  const long before = minor_faults();
  hold_sixteen_tensors();
  EXPECT_LT(minor_faults() - before, kPagesOfAll / 20);
}

}  // namespace
}  // namespace hpctrain::device
