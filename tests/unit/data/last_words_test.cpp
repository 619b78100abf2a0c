// A process that a signal ends names the file it was reading.
#include "data/last_words.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace hpctrain::data {
namespace {

void die_over_the_second_file(int signal) {
  promise_last_words();
  note_file_at_work("shards/shard-000001.h5");
  note_file_at_work("shards/shard-000002.h5");
  ::raise(signal);
}

TEST(LastWordsDeathTest, NameTheFileAtWorkWhateverTheSignal) {
  for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGTERM}) {
    EXPECT_EXIT(die_over_the_second_file(signal), testing::KilledBySignal(signal),
                "^while reading shards/shard-000002.h5\n$");
  }
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winfinite-recursion"
// NOLINTNEXTLINE(misc-no-recursion)
int use_up_the_stack(volatile char* above) {
  volatile char page[4096];
  page[0] = *above;
  return use_up_the_stack(page) + page[0];
}
#pragma GCC diagnostic pop

TEST(LastWordsDeathTest, AreSaidWithoutAnyStackLeft) {
  const auto die = [] {
    promise_last_words();
    note_file_at_work("deep.h5");
    volatile char bottom = 0;
    use_up_the_stack(&bottom);
  };
  EXPECT_EXIT(die(), testing::KilledBySignal(SIGSEGV), "^while reading deep.h5\n$");
}

TEST(LastWordsDeathTest, AreNotSaidUnpromised) {
  const auto die = [] {
    note_file_at_work("quiet.h5");
    ::raise(SIGTERM);
  };
  EXPECT_EXIT(die(), testing::KilledBySignal(SIGTERM), "^$");
}

}  // namespace
}  // namespace hpctrain::data
