#include "sweep/letters.hpp"

#include <nlohmann/json.hpp>

namespace hpctrain::sweep {

using nlohmann::json;

std::string write_request(const std::optional<TrialReport>& report) {
  json letter = json::object();
  if (report) {
    const TrialOutcome& outcome = report->outcome;
    letter = {{"trial", report->digest}, {"state", static_cast<int>(outcome.state)},
              {"steps", outcome.steps},  {"seconds", outcome.seconds},
              {"code", outcome.code},    {"message", outcome.message}};
    if (outcome.metric) letter["metric"] = *outcome.metric;
  }
  return letter.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<TrialReport> read_request(const std::string& text) {
  const json letter = json::parse(text);
  if (letter.empty()) return std::nullopt;
  TrialReport report;
  report.digest = letter.at("trial").get<std::string>();
  report.outcome.state = static_cast<TrialState>(letter.at("state").get<int>());
  if (letter.contains("metric")) report.outcome.metric = letter["metric"].get<double>();
  report.outcome.steps = letter.at("steps").get<std::uint64_t>();
  report.outcome.seconds = letter.at("seconds").get<double>();
  report.outcome.code = letter.at("code").get<int>();
  report.outcome.message = letter.at("message").get<std::string>();
  return report;
}

std::string write_lease(const std::optional<Trial>& trial) {
  if (!trial) return "{}";
  return json{{"trial", trial->digest}, {"parameters", trial->parameters}}.dump();
}

std::optional<Trial> read_lease(const std::string& text) {
  const json letter = json::parse(text);
  if (letter.empty()) return std::nullopt;
  return Trial{letter.at("trial").get<std::string>(), letter.at("parameters").get<Parameters>()};
}

}  // namespace hpctrain::sweep
