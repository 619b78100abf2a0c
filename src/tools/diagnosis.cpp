#include "tools/diagnosis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "tools/diagnosis_checks.hpp"

namespace hpctrain::tools {
namespace {

/// In the order in which a start of a training meets them: the first failure gives the exit code.
constexpr std::array kChecks = {
    check_launch,  check_equality,    check_processors,   check_driver,        check_gpus,    check_data,
    check_reading, check_data_locks,  check_cache,        check_run_folder,    check_writing, check_time_left,
    check_clocks,  check_sums_within, check_sums_between, check_shared_memory, check_limits};

constexpr std::size_t kMostHostsNamed = 3;

std::size_t count_level(const std::vector<Finding>& findings, FindingLevel level) {
  return static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(),
                                                [level](const Finding& finding) { return finding.level == level; }));
}

std::string describe_verdict(const std::vector<Finding>& findings) {
  const std::size_t failures = count_level(findings, FindingLevel::failure);
  const std::size_t warnings = count_level(findings, FindingLevel::warning);
  const std::string beside = warnings > 0 ? ", " + count_of(warnings, "warning") : std::string();
  if (failures == 0) return "healthy" + beside;
  return fmt::format("not fit to train: {}{}; exit code {}", count_of(failures, "failure"), beside,
                     plan_exit_code(findings));
}

}  // namespace

std::vector<Finding> plan_diagnosis(const PreflightFacts& facts) {
  std::vector<Finding> findings;
  for (const auto& check : kChecks) {
    if (auto finding = check(facts)) findings.push_back(std::move(*finding));
  }
  return findings;
}

int plan_exit_code(const std::vector<Finding>& findings) {
  const auto first = std::find_if(findings.begin(), findings.end(),
                                  [](const Finding& finding) { return finding.level == FindingLevel::failure; });
  return first == findings.end() ? 0 : exit_code(first->fault);
}

std::string_view level_name(FindingLevel level) noexcept {
  constexpr std::array<std::string_view, 3> kNames = {"good", "warning", "failure"};
  return kNames.at(static_cast<std::size_t>(level));
}

std::string describe_diagnosis(const std::string& title, const std::vector<Finding>& findings) {
  std::size_t width = 0;
  for (const Finding& finding : findings) width = std::max(width, finding.check.size());
  std::string text = title + "\n";
  for (const Finding& finding : findings) {
    text += fmt::format("  {:<7}  {:<{}}  {}\n", level_name(finding.level), finding.check, width, finding.found);
    if (!finding.cure.empty()) text += fmt::format("  {:7}  {:<{}}  → {}\n", "", "", width, finding.cure);
  }
  return text + describe_verdict(findings) + "\n";
}

std::string diagnosis_to_json(const PreflightFacts& facts, const std::vector<Finding>& findings) {
  nlohmann::json list = nlohmann::json::array();
  for (const Finding& finding : findings) {
    nlohmann::json entry = {{"check", finding.check}, {"level", level_name(finding.level)}, {"found", finding.found}};
    if (!finding.cure.empty()) entry["cure"] = finding.cure;
    if (finding.level == FindingLevel::failure) entry["code"] = exit_code(finding.fault);
    list.push_back(std::move(entry));
  }
  const int code = plan_exit_code(findings);
  const nlohmann::json verdict = {{"healthy", code == 0},
                                  {"code", code},
                                  {"ranks", facts.ranks.size()},
                                  {"nodes", facts.nodes.size()},
                                  {"findings", list}};
  return verdict.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Finding good(std::string check, std::string found) {
  return {std::move(check), FindingLevel::good, std::move(found), {}, {}};
}

Finding warning(std::string check, std::string found, std::string cure) {
  return {std::move(check), FindingLevel::warning, std::move(found), std::move(cure), {}};
}

Finding failure(std::string check, Fault fault, std::string found, std::string cure) {
  return {std::move(check), FindingLevel::failure, std::move(found), std::move(cure), fault};
}

Finding failure_from(std::string check, Fault fault, const std::string& message, const std::string& other_cure) {
  const std::size_t border = message.find("; ");
  if (border == std::string::npos) return failure(std::move(check), fault, message, other_cure);
  return failure(std::move(check), fault, message.substr(0, border), message.substr(border + 2));
}

std::string name_of(const RankFacts& rank) {
  return fmt::format("rank {} on {}", rank.rank, rank.host);
}

std::string join_hosts(const std::vector<std::string>& hosts) {
  std::string text;
  for (std::size_t i = 0; i < std::min(hosts.size(), kMostHostsNamed); ++i) {
    text += (i == 0 ? "" : ", ") + hosts[i];
  }
  if (hosts.size() > kMostHostsNamed) text += fmt::format(" and {} more", hosts.size() - kMostHostsNamed);
  return text;
}

std::string count_of(std::size_t count, const std::string& thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

std::vector<const RankFacts*> ranks_of_node(const PreflightFacts& facts, int node) {
  std::vector<const RankFacts*> ranks;
  for (const RankFacts& rank : facts.ranks) {
    if (rank.node == node) ranks.push_back(&rank);
  }
  return ranks;
}

}  // namespace hpctrain::tools
