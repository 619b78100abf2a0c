#include "sweep/trial_json.hpp"

#include <nlohmann/json.hpp>

namespace hpctrain::sweep {

using nlohmann::json;

json outcome_to_json(const TrialOutcome& outcome) {
  json members = {{"state", trial_state_name(outcome.state)},
                  {"steps", outcome.steps},
                  {"seconds", outcome.seconds},
                  {"code", outcome.code},
                  {"message", outcome.message}};
  if (outcome.metric) members["metric"] = *outcome.metric;
  if (outcome.epoch) members["epoch"] = *outcome.epoch;
  return members;
}

TrialOutcome outcome_from_json(const json& members) {
  TrialOutcome outcome;
  const auto state = members.at("state").get<std::string>();
  for (const auto candidate :
       {TrialState::waiting, TrialState::paused, TrialState::done, TrialState::failed, TrialState::stopped}) {
    if (state == trial_state_name(candidate)) outcome.state = candidate;
  }
  if (members.contains("metric")) outcome.metric = members["metric"].get<double>();
  if (members.contains("epoch")) outcome.epoch = members["epoch"].get<std::uint64_t>();
  outcome.steps = members.at("steps").get<std::uint64_t>();
  outcome.seconds = members.at("seconds").get<double>();
  outcome.code = members.at("code").get<int>();
  outcome.message = members.at("message").get<std::string>();
  return outcome;
}

json score_to_json(const Score& score) {
  return {{"epoch", score.epoch}, {"metric", score.metric}, {"steps", score.steps}, {"seconds", score.seconds}};
}

Score score_from_json(const json& members) {
  return {.epoch = members.at("epoch").get<std::uint64_t>(),
          .metric = members.at("metric").get<double>(),
          .steps = members.at("steps").get<std::uint64_t>(),
          .seconds = members.at("seconds").get<double>()};
}

}  // namespace hpctrain::sweep
