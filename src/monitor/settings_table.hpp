// The table of settings a run prints when it starts. Pure text; knows no setting.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace hpctrain::monitor {

struct SettingsRow {
  std::string name;
  std::string value;
  std::string origin;  ///< "flag", "file", …; may be empty
};

/// Rows with names, values and origins in aligned columns, each line ended by a newline.
std::string make_settings_table(const std::string& title, std::span<const SettingsRow> rows);

}  // namespace hpctrain::monitor
