// exit.json as job scripts read it.
#include "monitor/exit_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/simulated_file_system.hpp"

namespace hpctrain::monitor {
namespace {

using nlohmann::json;

const ExitReport kReport{75, "signal", 3, "node-1", "train", 120, "ckpt/step-120", 1795261500.5};

class ExitReportFile : public testing::Test {
 protected:
  ExitReportFile() {
    files_.create_folders("/run");
    files_.sync_folder("/");
  }
  SimulatedFileSystem files_;
};

TEST_F(ExitReportFile, NamesAreThoseThatScriptsRelyOn) {
  save_exit_report(files_, "/run", kReport);
  EXPECT_EQ(json::parse(files_.read_file("/run/exit.json")),
            json::parse(R"({"code":75,"cause":"signal","rank":3,"host":"node-1","phase":"train","step":120,
                            "checkpoint":"ckpt/step-120","started_unix":1795261500.5})"));
}

TEST_F(ExitReportFile, WhatIsNotKnownIsNull) {
  save_exit_report(files_, "/run", ExitReport{});
  const json object = json::parse(files_.read_file("/run/exit.json"));
  EXPECT_TRUE(object.at("step").is_null());
  EXPECT_TRUE(object.at("checkpoint").is_null());
}

TEST_F(ExitReportFile, ComesBackAsItWasSavedEvenAfterAPowerLoss) {
  save_exit_report(files_, "/run", ExitReport{});
  save_exit_report(files_, "/run", kReport);
  SimulatedFileSystem found = files_.after_power_loss();
  EXPECT_EQ(load_exit_report(found, "/run"), kReport);
}

TEST_F(ExitReportFile, ARunWithoutOneGivesNothing) {
  EXPECT_EQ(load_exit_report(files_, "/run"), std::nullopt);
}

TEST_F(ExitReportFile, WhatIsNoReportIsNamed) {
  for (const std::string text : {"", "{", "[]", "{\"code\":75}", "{\"code\":\"x\"}"}) {
    files_.remove_all("/run/exit.json");
    files_.create_file("/run/exit.json")->write(bytes_of(text));
    try {
      load_exit_report(files_, "/run");
      FAIL() << "no error for " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::data);
      EXPECT_THAT(error.what(), testing::HasSubstr("/run/exit.json"));
    }
  }
}

}  // namespace
}  // namespace hpctrain::monitor
