#include "sweep/letters.hpp"

#include <nlohmann/json.hpp>

#include "sweep/trial_json.hpp"

namespace hpctrain::sweep {

using nlohmann::json;

std::string write_lease(const std::optional<Lease>& lease) {
  if (!lease) return "{}";
  return json{{"trial", lease->trial.digest},
              {"parameters", lease->trial.parameters},
              {"ranks", lease->ranks},
              {"team", lease->team}}
      .dump();
}

std::optional<Lease> read_lease(const std::string& text) {
  const json letter = json::parse(text);
  if (letter.empty()) return std::nullopt;
  return Lease{.trial = {letter.at("trial").get<std::string>(), letter.at("parameters").get<Parameters>()},
               .ranks = letter.at("ranks").get<std::vector<int>>(),
               .team = letter.at("team").get<int>()};
}

std::string write_report(const TrialReport& report) {
  json letter = outcome_to_json(report.outcome);
  letter["trial"] = report.digest;
  return letter.dump(-1, ' ', false, json::error_handler_t::replace);
}

TrialReport read_report(const std::string& text) {
  const json letter = json::parse(text);
  return {letter.at("trial").get<std::string>(), outcome_from_json(letter)};
}

std::string write_score(const ScoreReport& report) {
  const Outlook& outlook = report.outlook;
  return json{{"trial", report.digest},
              {"score", score_to_json(report.score)},
              {"seconds_per_step", outlook.seconds_per_step},
              {"steps_left", outlook.steps_left},
              {"restart_seconds", outlook.restart_seconds},
              {"awaits_verdict", report.awaits_verdict}}
      .dump();
}

std::optional<ScoreReport> read_score(const std::string& text) {
  const json letter = json::parse(text);
  if (!letter.contains("score")) return std::nullopt;
  return ScoreReport{letter.at("trial").get<std::string>(), score_from_json(letter.at("score")),
                     Outlook{.seconds_per_step = letter.at("seconds_per_step").get<double>(),
                             .steps_left = letter.at("steps_left").get<std::uint64_t>(),
                             .restart_seconds = letter.at("restart_seconds").get<double>()},
                     letter.at("awaits_verdict").get<bool>()};
}

std::string write_verdict(Verdict verdict) {
  return json{{"verdict", static_cast<int>(verdict)}}.dump();
}

Verdict read_verdict(const std::string& text) {
  return static_cast<Verdict>(json::parse(text).at("verdict").get<int>());
}

}  // namespace hpctrain::sweep
