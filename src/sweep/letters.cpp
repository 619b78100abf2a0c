#include "sweep/letters.hpp"

#include <nlohmann/json.hpp>

#include "sweep/trial_json.hpp"

namespace hpctrain::sweep {

using nlohmann::json;

std::string write_request(const std::optional<TrialReport>& report) {
  json letter = json::object();
  if (report) {
    letter = outcome_to_json(report->outcome);
    letter["trial"] = report->digest;
  }
  return letter.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<TrialReport> read_request(const std::string& text) {
  const json letter = json::parse(text);
  if (letter.empty()) return std::nullopt;
  return TrialReport{letter.at("trial").get<std::string>(), outcome_from_json(letter)};
}

std::string write_score(const ScoreReport& report) {
  return json{
      {"trial", report.digest}, {"score", score_to_json(report.score)}, {"awaits_verdict", report.awaits_verdict}}
      .dump();
}

std::optional<ScoreReport> read_score(const std::string& text) {
  const json letter = json::parse(text);
  if (!letter.contains("score")) return std::nullopt;
  return ScoreReport{letter.at("trial").get<std::string>(), score_from_json(letter.at("score")),
                     letter.at("awaits_verdict").get<bool>()};
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
