// Ranges as text, traces as other programs parse them, and which operators took long.
#include "monitor/step_trace.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace hpctrain::monitor {
namespace {

TEST(StepRange, IsTwoStepsInOrderOrOne) {
  EXPECT_EQ(read_step_range("100:110"), (StepRange{100, 110}));
  EXPECT_EQ(read_step_range("7"), (StepRange{7, 7}));
  EXPECT_EQ(read_step_range("1:1000"), (StepRange{1, 1000}));
  for (const char* text : {"", ":", "0:3", "5:4", "1:1001", "1:2:3", "-1:2", "1:2x", "a:b", "1:"}) {
    EXPECT_FALSE(read_step_range(text)) << text;
  }
  EXPECT_TRUE((StepRange{3, 4}.contains(4)));
  EXPECT_FALSE((StepRange{3, 4}.contains(5)));
}

TEST(StepTrace, RanksBecomeProcessesAndLanesThreads) {
  const std::vector<std::string> ranks = {
      write_trace_events({0, "n1", 1000, {{"step 3", 1, 1.5, kStepLane}, {"forward", 1, 1.25, kPhaseLane}}}), "",
      write_trace_events({2, "n\"2", 1000, {{"step 3", 1, 1.5, kStepLane}}})};
  const auto file = nlohmann::json::parse(write_trace_file(ranks, std::vector<OperatorSum>{{"aten::conv2d", 4, 0.5}}));
  int slices = 0;
  for (const auto& event : file.at("traceEvents")) {
    if (event.at("ph") != "X") continue;
    ++slices;
    EXPECT_EQ(event.at("ts"), 1001e6);
    EXPECT_EQ(event.at("dur"), event.at("name") == "forward" ? 250000 : 500000);
    EXPECT_EQ(event.at("tid"), event.at("name") == "forward" ? 1 : 0);
  }
  EXPECT_EQ(slices, 3);
  EXPECT_EQ(file.at("traceEvents").back().at("pid"), 2);
  EXPECT_EQ(file.at("top_operators").at(0).at("calls"), 4);
}

TEST(StepTrace, AFileWithoutSlicesIsStillOne) {
  EXPECT_TRUE(nlohmann::json::parse(write_trace_file({}, {})).at("traceEvents").empty());
}

TEST(TopOperators, TimeOfCalledOperatorsIsTheirOwn) {
  // conv calls fill and mm, mm calls copy; another thread runs add meanwhile.
  const std::vector<TraceSlice> slices = {{"fill", 0.5, 1, 2}, {"copy", 2, 3, 2}, {"mm", 1, 8, 2},
                                          {"conv", 0, 10, 2},  {"add", 0, 2, 3},  {"copy", 11, 12, 2}};
  const auto top = plan_top_operators(slices, 3);
  ASSERT_EQ(top.size(), 3u);
  EXPECT_EQ(top[0].name, "mm");
  EXPECT_DOUBLE_EQ(top[0].own_seconds, 6);
  EXPECT_EQ(top[1].name, "conv");
  EXPECT_DOUBLE_EQ(top[1].own_seconds, 2.5);
  EXPECT_DOUBLE_EQ(top[2].own_seconds, 2);
  const auto all = plan_top_operators(slices, 10);
  EXPECT_EQ(all.size(), 5u);
  EXPECT_DOUBLE_EQ(all.back().own_seconds, 0.5);
}

}  // namespace
}  // namespace hpctrain::monitor
