// Owns the measure of likeness between option names.
#include "config/name_distance.hpp"

#include <algorithm>

#include "core/nearest_name.hpp"

namespace hpctrain::config {

std::size_t name_distance(std::string_view typed, std::string_view name) {
  const std::size_t distance = edit_distance(typed, name);
  const std::string_view shorter = typed.size() < name.size() ? typed : name;
  const std::string_view longer = typed.size() < name.size() ? name : typed;
  if (shorter.size() < 2) return distance;
  const bool is_part =
      longer.substr(0, shorter.size()) == shorter || longer.substr(longer.size() - shorter.size()) == shorter;
  // Abbreviations and forgotten sections are one slip, however many letters they drop.
  return is_part ? std::min<std::size_t>(distance, 2) : distance;
}

std::string closest_name(std::string_view typed, const std::vector<std::string>& candidates) {
  const auto closest = std::min_element(
      candidates.begin(), candidates.end(),
      [&](const std::string& a, const std::string& b) { return name_distance(typed, a) < name_distance(typed, b); });
  return closest == candidates.end() ? std::string() : *closest;
}

}  // namespace hpctrain::config
