// The frame of a report: one file with its style inside, light and dark, on screens of any width and on paper; it loads
// nothing and runs no script. Must not know what is reported.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace hpctrain::tools {

struct HtmlPicture {
  std::string name;
  std::string png;  ///< bytes of a file
};

class HtmlPage {
 public:
  explicit HtmlPage(std::string title) : title_(std::move(title)) {}

  /// A figure that stands out on top: "top1 on test", "91.02 %".
  void add_tile(const std::string& label, const std::string& value);
  /// A line of its own under the title.
  void add_lead(const std::string& text);
  /// A sentence that matters, with a coloured edge.
  void add_notice(const std::string& text);
  void begin_section(const std::string& heading);
  void add_paragraph(const std::string& text);
  /// Finished HTML: a table.
  void add_html(const std::string& html) { body_ += html; }
  /// Side by side where there is room.
  void add_pictures(const std::vector<HtmlPicture>& pictures);
  /// Finished HTML: charts, side by side where there is room; empty ones are left out.
  void add_charts(const std::vector<std::string>& charts);

  std::string finish() const;

 private:
  std::string title_;
  std::string lead_;
  std::string tiles_;
  std::string body_;
};

}  // namespace hpctrain::tools
