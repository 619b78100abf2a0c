// The closing words and the opening table, letter by letter.
#include "monitor/summary.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "monitor/settings_table.hpp"

namespace hpctrain::monitor {
namespace {

PhaseSeconds typical_phases() {
  PhaseSeconds phases;
  phases[Phase::forward] = 40;
  phases[Phase::backward] = 50;
  phases[Phase::data_wait] = 8;
  phases[Phase::communication] = 2;
  phases[Phase::optimizer] = 0.01;
  return phases;
}

TEST(Summary, TellsHowGoodHowFastAndWhere) {
  const RunSummary summary{.reason = "all epochs done",
                           .steps = 2345,
                           .epochs = 5,
                           .samples = 300000,
                           .samples_per_second = 5312.4,
                           .wall_seconds = 85,
                           .phases = typical_phases(),
                           .verdict = "data-bound: 8.0 % of the time is waiting for data",
                           .results = {{"test", {{"top1", 0.8912}, {"loss", 0.31271}}}},
                           .run_folder = "runs/a"};
  EXPECT_EQ(make_summary_text(summary),
            "all epochs done after 2,345 steps, epoch 5\n"
            "  test              loss 0.3127  top1 89.12 %\n"
            "  throughput        5,312 samples/s (300,000 samples)\n"
            "  waiting for data  8.0 % of the time\n"
            "  wall time         1 min 25 s\n"
            "  time went to      backward 50.0 %, forward 40.0 %, waiting for data 8.0 %, exposed communication 2.0 %\n"
            "  verdict           data-bound: 8.0 % of the time is waiting for data\n"
            "  run directory     runs/a\n");
}

TEST(Summary, MetricsCarryTheirUnits) {
  EXPECT_EQ(format_metric("top5", 0.995), "99.50 %");
  EXPECT_EQ(format_metric("sdr_2_5", 0.8), "80.00 %");
  EXPECT_EQ(format_metric("probe_top1", 0.5), "50.00 %");
  EXPECT_EQ(format_metric("mre_mm", 1.2344), "1.234 mm");
  EXPECT_EQ(format_metric("loss", 0.31271), "0.3127");
  EXPECT_EQ(format_metric("loss", std::nan("")), "not finite");
}

TEST(Summary, DifferencesOfSharesArePoints) {
  EXPECT_EQ(format_difference("top1", 0.003, 0.001), "0.30 ± 0.10 points");
  EXPECT_EQ(format_difference("mre_mm", 0.12, 0.04), "0.120 ± 0.040 mm");
  EXPECT_EQ(format_difference("loss", 0.5, std::nullopt), "0.5000");
}

TEST(Summary, NothingMeasuredIsSaidSo) {
  EXPECT_EQ(describe_phases(PhaseSeconds()), "nothing measured");
}

TEST(SettingsTable, ColumnsAreAligned) {
  const std::vector<SettingsRow> rows = {
      {"train.batch", "128", "flag"}, {"optim.lr", "0.1", ""}, {"data.dir", std::string(50, 'd'), "file"}};
  EXPECT_EQ(make_settings_table("settings", rows),
            "settings\n"
            "  train.batch  128  flag\n"
            "  optim.lr     0.1\n"
            "  data.dir     " +
                std::string(50, 'd') + "  file\n");
}

TEST(SettingsTable, NoRowsIsTheTitleAlone) {
  EXPECT_EQ(make_settings_table("settings", {}), "settings\n");
  EXPECT_EQ(make_settings_table("", {}), "");
}

}  // namespace
}  // namespace hpctrain::monitor
