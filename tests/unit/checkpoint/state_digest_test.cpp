// The digest against figures that Python's hashlib gave for the bytes in docs/formats/checkpoint.md.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include "checkpoint/training_state.hpp"

namespace hpctrain::checkpoint {
namespace {

TrainingState make_known_state() {
  TrainingState state;
  state.parameters = {{"fc.weight", torch::tensor({{1.0F, 2.0F, 3.0F}, {4.0F, 5.0F, 6.0F}})},
                      {"Z", torch::tensor({true, false})}};
  state.optimizer = {{"momentum/fc.weight", torch::zeros({2, 3})}};
  state.buffers = {{"n", torch::tensor(std::int64_t{-7}, torch::kLong)}};
  return state;
}

TEST(StateDigest, IsTheOneThatPythonComputes) {
  EXPECT_EQ(state_digest(make_known_state()), "74d35d4ff96bec21b62856d082df5d225335df7bd52a93dfacf0460e0b20f26d");
  EXPECT_EQ(state_digest({}), "9d908ecfb6b256def8b49a7c504e6c889c4b0e41fe6ce3e01863dd7b61a20aa0");
}

TEST(StateDigest, DependsNeitherOnOrderNorOnMemoryLayout) {
  TrainingState state = make_known_state();
  const std::string digest = state_digest(state);
  std::swap(state.parameters[0], state.parameters[1]);
  state.parameters[1].tensor = state.parameters[1].tensor.t().contiguous().t();
  EXPECT_EQ(state_digest(state), digest);
}

TEST(StateDigest, SeesOneBitANameAShapeAndAGroup) {
  const std::string digest = state_digest(make_known_state());
  TrainingState state = make_known_state();
  state.parameters[0].tensor[1][2] = std::nextafter(6.0F, 7.0F);
  EXPECT_NE(state_digest(state), digest);
  state = make_known_state();
  state.parameters[0].name = "fc.weighs";
  EXPECT_NE(state_digest(state), digest);
  state = make_known_state();
  state.parameters[0].tensor = state.parameters[0].tensor.reshape({3, 2});
  EXPECT_NE(state_digest(state), digest);
  state = make_known_state();
  state.buffers.swap(state.optimizer);
  EXPECT_NE(state_digest(state), digest);
}

}  // namespace
}  // namespace hpctrain::checkpoint
