// ranks: 2 3 4
// The suite of all back ends over MPI, and what only real processes can show.
#include "support/communicator_suite.hpp"
#include "support/gradient_channel_suite.hpp"

#include <ctime>

#include "comm/mpi_session.hpp"

namespace hpctrain::comm {

namespace {

class MpiBackEnd : public testing::TestWithParam<suite::Behaviour> {};

TEST_P(MpiBackEnd, Behaves) {
  const auto world = make_world_communicator();
  GetParam().check(*world);
}

INSTANTIATE_TEST_SUITE_P(Communicator, MpiBackEnd, testing::ValuesIn(suite::all_behaviours()),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

class MpiChannel : public testing::TestWithParam<suite::ChannelBehaviour> {};

TEST_P(MpiChannel, Behaves) {
  const auto world = make_world_communicator();
  suite::HostEnd end(*world);
  GetParam().check(end);
}

INSTANTIATE_TEST_SUITE_P(GradientChannel, MpiChannel, testing::ValuesIn(suite::all_channel_behaviours()),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(MpiCommunicator, EveryRankEndsWithTheSameBits) {
  const auto world = make_world_communicator();
  std::vector<float> values(10'007);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = 1.0F / static_cast<float>(i + 3 * static_cast<std::size_t>(world->rank()) + 1);
  }
  world->all_reduce({values.data(), values.size(), ElementType::f32}, ReduceOp::sum);
  const std::string mine(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  EXPECT_TRUE(mine == broadcast_text(*world, mine, 0));
}

double cpu_seconds_of_this_thread() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

TEST(MpiCommunicator, WaitingForALatePeerLeavesTheCoreToIt) {
  const auto world = make_world_communicator();
  world->barrier();
  const double cpu_before = cpu_seconds_of_this_thread();
  if (world->is_leader()) std::this_thread::sleep_for(std::chrono::milliseconds(400));
  world->barrier();
  // Spinning would cost the whole 0.4 s.
  EXPECT_LT(cpu_seconds_of_this_thread() - cpu_before, 0.2);
}

}  // namespace

}  // namespace hpctrain::comm
