// Verdicts, and how they are written.
#include "tools/diagnosis.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/allocation_facts.hpp"

namespace hpctrain::tools {
namespace {

TEST(Diagnosis, ASoundAllocationIsHealthyInEveryPoint) {
  const auto findings = plan_diagnosis(sound_facts());
  EXPECT_EQ(findings.size(), 17U);
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.level, FindingLevel::good) << finding.check << ": " << finding.found;
    EXPECT_EQ(finding.cure, "");
  }
  EXPECT_EQ(plan_exit_code(findings), 0);
}

TEST(Diagnosis, WhatWasNotAskedIsNotSpokenOf) {
  PreflightFacts facts;
  facts.nodes.resize(1);
  facts.ranks.push_back(sound_rank(0, 0, 0));
  facts.ranks.front().gpus.clear();
  for (const Finding& finding : plan_diagnosis(facts)) {
    for (const char* unasked : {"data set", "reading", "data locks", "node cache", "run folder", "checkpoint rate",
                                "time left", "clocks", "sums in a node", "sums between nodes"}) {
      EXPECT_NE(finding.check, unasked);
    }
  }
}

TEST(Diagnosis, TheFirstFailureGivesTheCode) {
  auto facts = sound_facts();
  facts.job.seconds_left = 1;
  facts.job.data_error = "manifest.h5 is damaged; pack it again";
  EXPECT_EQ(plan_exit_code(plan_diagnosis(facts)), 65);
}

TEST(DescribeDiagnosis, PutsTheCureBelowWhatWasFoundAndTheVerdictLast) {
  const std::vector<Finding> findings = {
      {"launch", FindingLevel::good, "4 ranks", "", {}},
      {"data set", FindingLevel::failure, "n2 does not see it", "--data FOLDER", Fault::data},
      {"clocks", FindingLevel::warning, "n1 is ahead", "chronyc", {}}};
  EXPECT_EQ(describe_diagnosis("doctor", findings),
            "doctor\n"
            "  good     launch    4 ranks\n"
            "  failure  data set  n2 does not see it\n"
            "                     → --data FOLDER\n"
            "  warning  clocks    n1 is ahead\n"
            "                     → chronyc\n"
            "not fit to train: 1 failure, 1 warning; exit code 65\n");
}

TEST(DiagnosisToJson, HoldsVerdictAndEveryFinding) {
  auto facts = sound_facts();
  facts.job.data_error = "damaged; pack it again";
  const auto json = nlohmann::json::parse(diagnosis_to_json(facts, plan_diagnosis(facts)));
  EXPECT_EQ(json["healthy"], false);
  EXPECT_EQ(json["code"], 65);
  EXPECT_EQ(json["ranks"], 4);
  EXPECT_EQ(json["nodes"], 2);
  int failures = 0;
  for (const auto& finding : json["findings"]) {
    if (finding["level"] != "failure") continue;
    ++failures;
    EXPECT_EQ(finding["code"], 65);
    EXPECT_EQ(finding["cure"], "pack it again");
  }
  EXPECT_EQ(failures, 1);
}

}  // namespace
}  // namespace hpctrain::tools
