// When a node counts as lost, from what its neighbour heard of it.
#include "comm/ring_watch.hpp"

#include <gtest/gtest.h>

#include "support/expect_error.hpp"

namespace hpctrain::comm {
namespace {

constexpr double kTimeout = 3;
const NodeNews kStart{2, "n2", "start", 0};
const NodeNews kNews{3, "n2", "backward", 41};

/// Asks ten times a second, as the ring does; returns the moment of the first complaint.
double first_complaint(RingWatch& watch, double from, double to) {
  for (double now = from; now < to; now += 0.1) {
    if (watch.find_silence(now)) return now;
  }
  return to;
}

TEST(RingWatch, NamesANodeAfterTheTimeoutAndASecondForItsOwnRanks) {
  RingWatch watch(kTimeout, kStart, 10);
  watch.note_news(kNews, 20);
  EXPECT_NEAR(first_complaint(watch, 10, 100), 20 + kTimeout + 1, 0.2);
  EXPECT_EQ(watch.last_news(), kNews);
}

TEST(RingWatch, SaysNothingWhileLettersCome) {
  RingWatch watch(kTimeout, kStart, 10);
  for (double now = 10; now < 100; now += 0.1) {
    if (static_cast<int>(now * 10) % 25 == 0) watch.note_news(kNews, now);
    EXPECT_FALSE(watch.find_silence(now)) << now;
  }
}

TEST(RingWatch, KnowsWhoNeverSpoke) {
  RingWatch watch(kTimeout, kStart, 10);
  EXPECT_NEAR(first_complaint(watch, 10, 100), 14, 0.2);
  EXPECT_EQ(watch.last_news(), kStart);
}

TEST(RingWatch, ForgivesWhatItCouldNotHearWhileItWasItselfStopped) {
  RingWatch watch(kTimeout, kStart, 10);
  EXPECT_FALSE(watch.find_silence(10.1));
  EXPECT_FALSE(watch.find_silence(60));  // asked late
  EXPECT_NEAR(first_complaint(watch, 60, 100), 64, 0.2);
}

TEST(RingWatch, ANodeThatTookItsLeaveIsMissedNoMore) {
  RingWatch watch(kTimeout, kStart, 10);
  watch.note_farewell();
  EXPECT_EQ(first_complaint(watch, 10, 100), 100);
}

TEST(NodeNews, ComesBackFromItsText) {
  EXPECT_EQ(news_from_text(news_to_text(kNews)), kNews);
  test::expect_error(Fault::comm, {"between node leaders"}, [] { news_from_text("not a letter"); });
}

}  // namespace
}  // namespace hpctrain::comm
