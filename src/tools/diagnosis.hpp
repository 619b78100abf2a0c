// From facts to a verdict: which of them cost a job its hours, and the line that mends each. Pure; asks nobody.
#pragma once

#include <string>
#include <vector>

#include "core/error.hpp"
#include "tools/doctor_facts.hpp"

namespace hpctrain::tools {

enum class FindingLevel { good, warning, failure };

struct Finding {
  std::string check;  ///< a word or two: "launch", "data set"
  FindingLevel level = FindingLevel::good;
  std::string found;
  std::string cure;          ///< the line to change; empty where all is well
  Fault fault = Fault::bug;  ///< of a failure
};

/// One finding for each thing that was asked, the gravest where several are wrong, in the order in which a start of a
/// training would meet them.
std::vector<Finding> plan_diagnosis(const PreflightFacts& facts);

/// 0 where nothing fails, else the code of the first failure.
int plan_exit_code(const std::vector<Finding>& findings);

std::string_view level_name(FindingLevel level) noexcept;

/// A line for each finding, its cure below it, and the verdict.
std::string describe_diagnosis(const std::string& title, const std::vector<Finding>& findings);

/// One object: healthy, code, findings.
std::string diagnosis_to_json(const PreflightFacts& facts, const std::vector<Finding>& findings);

}  // namespace hpctrain::tools
