// Aligned columns.
#include "monitor/settings_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hpctrain::monitor {

std::string make_settings_table(const std::string& title, std::span<const SettingsRow> rows) {
  std::size_t name_width = 0, value_width = 0;
  for (const SettingsRow& row : rows) {
    name_width = std::max(name_width, row.name.size());
    // A very long value (a path) must not push every origin off the screen.
    constexpr std::size_t kWidestColumn = 40;
    if (row.value.size() <= kWidestColumn) value_width = std::max(value_width, row.value.size());
  }
  std::string text = title.empty() ? std::string() : title + "\n";
  for (const SettingsRow& row : rows) {
    std::string line = fmt::format("  {:<{}}  {:<{}}  {}", row.name, name_width, row.value, value_width, row.origin);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace hpctrain::monitor
