#include "checkpoint/strict_json.hpp"

#include <set>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace hpctrain::checkpoint {
namespace {

constexpr int kDeepestNesting = 32;

/// Sees every key as it is parsed; nlohmann's own parser lets the last of two equal keys win silently.
class KeyGuard {
 public:
  void on_event(int depth, nlohmann::json::parse_event_t event, const nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      require(depth < kDeepestNesting, Fault::data, "JSON nested deeper than " + std::to_string(kDeepestNesting));
    }
    if (event == Event::object_start) open_objects_.emplace_back();
    if (event == Event::object_end) open_objects_.pop_back();
    if (event == Event::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      require(open_objects_.back().insert(key).second, Fault::data, "JSON key '" + key + "' given twice");
    }
  }

 private:
  std::vector<std::set<std::string>> open_objects_;
};

}  // namespace

nlohmann::json parse_strict_json(std::string_view text) {
  KeyGuard guard;
  const auto on_event = [&guard](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    guard.on_event(depth, event, parsed);
    return true;
  };
  try {
    return nlohmann::json::parse(text, on_event);
  } catch (const nlohmann::json::exception& error) {
    throw Error(Fault::data, std::string("not valid JSON: ") + error.what());
  }
}

}  // namespace hpctrain::checkpoint
