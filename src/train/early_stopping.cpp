#include "train/early_stopping.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace hpctrain::train {

void EarlyStopping::note(double quality) {
  const bool is_gain = std::isfinite(quality) && (!best_ || quality > *best_ + settings_.min_delta);
  if (is_gain) best_ = quality;
  evaluations_without_gain_ = is_gain ? 0 : evaluations_without_gain_ + 1;
}

nlohmann::json EarlyStopping::to_json() const {
  nlohmann::json json = {{"evaluations_without_gain", evaluations_without_gain_}};
  if (best_) json["best"] = *best_;
  return json;
}

void EarlyStopping::restore(const nlohmann::json& json) {
  try {
    evaluations_without_gain_ = json.value("evaluations_without_gain", std::uint64_t{0});
    if (json.contains("best")) best_ = json.at("best").get<double>();
  } catch (const nlohmann::json::exception& error) {
    throw Error(Fault::no_checkpoint,
                std::string("the checkpoint's state of early stopping cannot be read: ") + error.what());
  }
}

}  // namespace hpctrain::train
