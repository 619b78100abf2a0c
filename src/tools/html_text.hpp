// Text that becomes HTML: what comes from files is escaped here and nowhere else. Must not know what a page shows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hpctrain::tools {

/// Safe as element content and inside quoted attributes; bytes that are not UTF-8 and control characters become U+FFFD.
std::string escape_html(std::string_view text);

struct HtmlCell {
  std::string text{};
  std::string hint{};      ///< shown when pointed at; empty: none
  bool is_number = false;  ///< set flush right
};

/// A number as people read it, and exactly when pointed at.
HtmlCell number_cell(const std::string& text, double exact);

struct HtmlTable {
  std::string caption{};
  std::vector<std::string> head;
  std::vector<std::vector<HtmlCell>> rows;
};

/// Empty for a table without rows.
std::string write_table(const HtmlTable& table);

}  // namespace hpctrain::tools
