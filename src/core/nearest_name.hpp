// "Did you mean …": the valid name closest to a mistyped one.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hpctrain {

/// Fewest insertions, deletions, replacements and swaps of neighbours that turn one text into the other, no part being
/// edited twice.
///   source  optimal string alignment, a form of Damerau 1964
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The first of the names nearest to `given`; empty when even that needs more edits than a third of the letters.
std::optional<std::string> nearest_name(std::string_view given, std::span<const std::string> names);

/// "; did you mean NAME?" or "", ready to end a message.
std::string nearest_name_hint(std::string_view given, std::span<const std::string> names);

}  // namespace hpctrain
