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
    if (outcome.epoch) letter["epoch"] = *outcome.epoch;
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
  if (letter.contains("epoch")) report.outcome.epoch = letter["epoch"].get<std::uint64_t>();
  report.outcome.steps = letter.at("steps").get<std::uint64_t>();
  report.outcome.seconds = letter.at("seconds").get<double>();
  report.outcome.code = letter.at("code").get<int>();
  report.outcome.message = letter.at("message").get<std::string>();
  return report;
}

std::string write_score(const ScoreReport& report) {
  const json score = {{"epoch", report.score.epoch},
                      {"metric", report.score.metric},
                      {"steps", report.score.steps},
                      {"seconds", report.score.seconds}};
  return json{{"trial", report.digest}, {"score", score}}.dump();
}

std::optional<ScoreReport> read_score(const std::string& text) {
  const json letter = json::parse(text);
  if (!letter.contains("score")) return std::nullopt;
  const json& score = letter.at("score");
  return ScoreReport{letter.at("trial").get<std::string>(),
                     {.epoch = score.at("epoch").get<std::uint64_t>(),
                      .metric = score.at("metric").get<double>(),
                      .steps = score.at("steps").get<std::uint64_t>(),
                      .seconds = score.at("seconds").get<double>()}};
}

std::string write_verdict(Verdict verdict) {
  return json{{"verdict", static_cast<int>(verdict)}}.dump();
}

Verdict read_verdict(const std::string& text) {
  return static_cast<Verdict>(json::parse(text).at("verdict").get<int>());
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
