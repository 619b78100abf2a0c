#include "core/signal_free_thread.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace hpctrain {
namespace {

bool is_blocked(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

TEST(SignalFreeThread, BlocksWhatIsForTheMainThreadAndKeepsItsOwnFaults) {
  bool blocks_term = false, blocks_alarm = false, blocks_bus_error = true;
  start_signal_free_thread([&] {
    blocks_term = is_blocked(SIGTERM);
    blocks_alarm = is_blocked(SIGALRM);
    blocks_bus_error = is_blocked(SIGBUS);
  }).join();
  EXPECT_TRUE(blocks_term);
  EXPECT_TRUE(blocks_alarm);
  EXPECT_FALSE(blocks_bus_error);
  EXPECT_FALSE(is_blocked(SIGTERM)) << "the thread that started it is as it was";
}

}  // namespace
}  // namespace hpctrain
