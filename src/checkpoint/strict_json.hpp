// JSON from files that may be damaged or hostile: duplicate keys and deep nesting are errors, not surprises.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace hpctrain::checkpoint {

/// Parses exactly one JSON value.
///   errors  Fault::data with the reason: bad syntax, a key given twice in one object, nesting deeper than 32
nlohmann::json parse_strict_json(std::string_view text);

}  // namespace hpctrain::checkpoint
