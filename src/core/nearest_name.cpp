// Edit distance and the search for the nearest name.
#include "core/nearest_name.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace hpctrain {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the table: a swap looks two rows back.
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swap) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::optional<std::string> nearest_name(std::string_view given, std::span<const std::string> names) {
  std::optional<std::string> nearest;
  std::size_t fewest = std::max<std::size_t>(1, given.size() / 3) + 1;
  for (const std::string& name : names) {
    const std::size_t edits = edit_distance(given, name);
    // As many edits as letters would "correct" any one-letter name into any other.
    if (edits >= fewest || edits >= std::max(given.size(), name.size())) continue;
    fewest = edits;
    nearest = name;
  }
  return nearest;
}

std::string nearest_name_hint(std::string_view given, std::span<const std::string> names) {
  const std::optional<std::string> nearest = nearest_name(given, names);
  return nearest ? "; did you mean " + *nearest + "?" : std::string();
}

}  // namespace hpctrain
