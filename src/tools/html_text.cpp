#include "tools/html_text.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace hpctrain::tools {
namespace {

/// The JSON library's own rule of what UTF-8 is.
std::string with_valid_utf8(std::string_view text) {
  constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
  return nlohmann::json::parse(nlohmann::json(std::string(text)).dump(-1, ' ', false, kReplace)).get<std::string>();
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char letter : with_valid_utf8(text)) {
    const auto code = static_cast<unsigned char>(letter);
    switch (letter) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        const bool is_control = (code < 0x20 && letter != '\n' && letter != '\t') || code == 0x7f;
        escaped += is_control ? std::string("\xEF\xBF\xBD") : std::string(1, letter);
    }
  }
  return escaped;
}

HtmlCell number_cell(const std::string& text, double exact) {
  return {.text = text, .hint = fmt::format("{}", exact), .is_number = true};
}

std::string write_table(const HtmlTable& table) {
  if (table.rows.empty()) return "";
  std::string html = "<div class=\"wide\"><table>\n";
  if (!table.caption.empty()) html += "<caption>" + escape_html(table.caption) + "</caption>\n";
  if (!table.head.empty()) {
    html += "<thead><tr>";
    for (std::size_t i = 0; i < table.head.size(); ++i) {
      const bool is_number = i < table.rows.front().size() && table.rows.front()[i].is_number;
      html += fmt::format("<th{}>{}</th>", is_number ? " class=\"num\"" : "", escape_html(table.head[i]));
    }
    html += "</tr></thead>\n";
  }
  html += "<tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (const HtmlCell& cell : row) {
      const std::string hint = cell.hint.empty() ? "" : fmt::format(" title=\"{}\"", escape_html(cell.hint));
      html += fmt::format("<td{}{}>{}</td>", cell.is_number ? " class=\"num\"" : "", hint, escape_html(cell.text));
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace hpctrain::tools
