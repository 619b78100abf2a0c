// The wording shared by all bindings. Must not know any member type.
#include "config/value_binding.hpp"

#include "core/nearest_name.hpp"

namespace hpctrain::config {

Complaint unknown_choice(std::string_view text, const std::vector<std::string>& choices) {
  const std::optional<std::string> nearest = nearest_name(text, choices);
  return Complaint{nearest ? "is unknown (did you mean '" + *nearest + "'?)" : "is unknown"};
}

std::string range_text(const std::optional<std::string>& lower, bool lower_is_open,
                       const std::optional<std::string>& upper, bool upper_is_open) {
  if (lower && upper) {
    if (!lower_is_open && !upper_is_open) return "from " + *lower + " to " + *upper;
    return (lower_is_open ? "above " : "from ") + *lower + (upper_is_open ? ", below " : ", up to ") + *upper;
  }
  if (lower) return (lower_is_open ? "above " : "of at least ") + *lower;
  if (upper) return (upper_is_open ? "below " : "of at most ") + *upper;
  return {};
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) joined += separator;
    joined += parts[i];
  }
  return joined;
}

}  // namespace hpctrain::config
