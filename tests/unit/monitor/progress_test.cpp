// What the person who waits gets to see, and when.
#include "monitor/progress.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace hpctrain::monitor {
namespace {

ProgressReport report_at(std::uint64_t done) {
  return {.label = "epoch 3/5", .done = done, .total = 12000, .per_second = 1000, .note = "loss 0.412"};
}

struct Screen {
  std::string text;
  ProgressLine::Sink sink() {
    return [this](std::string_view part) { text.append(part); };
  }
};

TEST(Progress, LineTellsPlaceRateAndTimeLeft) {
  EXPECT_EQ(plan_progress_line(report_at(5024), 200),
            "epoch 3/5   41 %  5,024/12,000 samples  1,000/s  loss 0.412  7.0 s left");
}

TEST(Progress, FullIsSaidOnlyWhenAllIsDone) {
  EXPECT_NE(plan_progress_line(report_at(11999), 200).find(" 99 %"), std::string::npos);
  EXPECT_EQ(plan_progress_line(report_at(12000), 200), "epoch 3/5  100 %  12,000/12,000 samples  1,000/s  loss 0.412");
}

TEST(Progress, AnUnknownTotalHasNoPercentAndNoEnd) {
  const ProgressReport report{.label = "packing", .unit = "images", .done = 5, .per_second = 2};
  EXPECT_EQ(plan_progress_line(report, 200), "packing  5 images  2.00/s");
  EXPECT_EQ(estimate_seconds_left(report), std::nullopt);
}

TEST(Progress, TimeLeftFollowsTheRate) {
  EXPECT_EQ(estimate_seconds_left(report_at(9000)), 3.0);
  EXPECT_EQ(estimate_seconds_left(report_at(13000)), 0.0);
  ProgressReport stalled = report_at(10);
  stalled.per_second = 0;
  EXPECT_EQ(estimate_seconds_left(stalled), std::nullopt);
}

TEST(Progress, LineIsCutAtAWholeCharacter) {
  const ProgressReport report{.label = "épöch", .unit = "x", .done = 1};
  EXPECT_EQ(plan_progress_line(report, 3), "épö");
  EXPECT_EQ(plan_progress_line(report, 200), "épöch  1 x");
}

TEST(Progress, ATerminalSeesOneLineRedrawn) {
  Screen screen;
  ProgressLine line({.is_terminal = true, .columns = 10}, screen.sink());
  line.update(report_at(0), 0);
  line.update(report_at(1), 0.05);  // too soon
  line.update(report_at(2), 0.2);
  line.finish(report_at(12000), 0.21);
  EXPECT_EQ(screen.text, "\r\033[Kepoch 3/5\r\033[Kepoch 3/5\r\033[Kepoch 3/5\n");
}

TEST(Progress, APipeSeesPlainLinesNowAndThen) {
  Screen screen;
  ProgressLine line({.line_seconds = 5}, screen.sink());
  for (int second = 0; second <= 11; ++second) line.update(report_at(static_cast<std::uint64_t>(second)), second);
  line.finish(report_at(12000), 12);
  EXPECT_EQ(std::count(screen.text.begin(), screen.text.end(), '\n'), 3);
  EXPECT_EQ(screen.text.find('\r'), std::string::npos);
  EXPECT_NE(screen.text.find(" 5/12,000"), std::string::npos);
  EXPECT_NE(screen.text.find(" 10/12,000"), std::string::npos);
}

TEST(Progress, QuietShowsNothing) {
  Screen screen;
  {
    ProgressLine line({.quiet = true, .is_terminal = true}, screen.sink());
    line.update(report_at(1), 0);
    line.finish(report_at(2), 100);
  }
  EXPECT_EQ(screen.text, "");
}

TEST(Progress, AnAbandonedLineIsEnded) {
  Screen screen;
  {
    ProgressLine line({.is_terminal = true, .columns = 10}, screen.sink());
    line.update(report_at(1), 0);
  }
  EXPECT_EQ(screen.text.back(), '\n');
}

}  // namespace
}  // namespace hpctrain::monitor
