#include "train/replica_check.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include "comm/thread_communicator.hpp"
#include "support/expect_error.hpp"

namespace hpctrain::train {
namespace {

checkpoint::TrainingState make_state() {
  checkpoint::TrainingState state;
  state.parameters = {{"conv.weight", torch::arange(24).to(torch::kFloat32).view({1, 2, 3, 4})},
                      {"head.bias", torch::zeros({3})}};
  state.optimizer = {{"momentum/conv.weight", torch::ones({1, 2, 3, 4})}};
  state.buffers = {{"norm.mean", torch::zeros({2})}};
  return state;
}

/// The lowest bit of one element, as a failing memory chip flips it.
void flip_bit(const torch::Tensor& tensor) {
  *static_cast<std::uint32_t*>(tensor.data_ptr()) ^= 1;
}

TEST(ReplicaCheck, EqualStatesPass) {
  comm::run_ranks(3,
                  [](comm::Communicator& group) { EXPECT_NO_THROW(require_equal_replicas(group, make_state(), 5)); });
}

TEST(ReplicaCheck, OneFlippedBitNamesTheRankTheStepAndTheTensorOnEveryRank) {
  comm::run_ranks(3, [](comm::Communicator& group) {
    const auto state = make_state();
    if (group.is_leader()) flip_bit(state.parameters[1].tensor);
    test::expect_error(Fault::bug, {"rank 0 on ", "than the 2 ranks that agree", "after step 5", "first in head.bias"},
                       [&] { require_equal_replicas(group, state, 5); });
  });
}

TEST(ReplicaCheck, SeesOptimizerStateAndBuffers) {
  comm::run_ranks(2, [](comm::Communicator& group) {
    for (const auto part : {&checkpoint::TrainingState::optimizer, &checkpoint::TrainingState::buffers}) {
      const auto state = make_state();
      const auto& named = (state.*part).front();
      if (group.rank() == 1) flip_bit(named.tensor);
      test::expect_error(Fault::bug, {"rank 0 on ", "rank 1 on ", "first in " + named.name},
                         [&] { require_equal_replicas(group, state, 1); });
    }
  });
}

TEST(ReplicaCheck, EveryBitCountsInAnyMemoryLayout) {
  auto state = make_state();
  const auto channels_last = state.parameters[0].tensor.contiguous(torch::MemoryFormat::ChannelsLast);
  const auto strided = torch::zeros({4, 6}).narrow(1, 1, 2);  // neither row-major nor dense
  for (const auto& tensor : {channels_last, strided}) {
    state.parameters[0].tensor = tensor;
    const auto before = replica_digests(state);
    flip_bit(tensor.select(0, tensor.size(0) - 1));
    EXPECT_NE(replica_digests(state)[0], before[0]);
    EXPECT_EQ(replica_digests(state)[1], before[1]);
  }
}

}  // namespace
}  // namespace hpctrain::train
