// Likeness of option names for "did you mean". Unlike core/nearest_name.hpp it knows that people abbreviate names and
// forget sections, and it always answers. Must not know what the names stand for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hpctrain::config {

/// How unlike two names are: the edit distance, or at most 2 when one is the beginning or the end of the other.
std::size_t name_distance(std::string_view typed, std::string_view name);

/// The most similar candidate, the first of equals; empty when there are none.
std::string closest_name(std::string_view typed, const std::vector<std::string>& candidates);

}  // namespace hpctrain::config
