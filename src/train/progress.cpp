#include "train/progress.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace hpctrain::train {

nlohmann::json progress_to_json(const Progress& progress) {
  return {{"step", progress.step}, {"epoch", progress.cursor.epoch}, {"position", progress.cursor.position}};
}

Progress progress_from_json(const nlohmann::json& json) {
  try {
    return {json.at("step").get<std::uint64_t>(),
            {json.at("epoch").get<std::uint64_t>(), json.at("position").get<std::uint64_t>()}};
  } catch (const nlohmann::json::exception& error) {
    throw Error(Fault::no_checkpoint, std::string("the checkpoint's progress cannot be read: ") + error.what());
  }
}

RunLength plan_run_length(std::uint64_t steps_per_epoch, std::uint64_t epochs, std::uint64_t steps_or_zero) {
  const std::uint64_t by_epochs = steps_per_epoch * epochs;
  return {steps_per_epoch, steps_or_zero == 0 ? by_epochs : std::min(by_epochs, steps_or_zero)};
}

}  // namespace hpctrain::train
