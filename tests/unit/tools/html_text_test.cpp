// What comes from files must not become markup.
#include "tools/html_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tools/html_page.hpp"

namespace hpctrain::tools {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(HtmlText, MarkupBecomesText) {
  EXPECT_EQ(escape_html("<script>alert('x') & \"y\"</script>"),
            "&lt;script&gt;alert(&#39;x&#39;) &amp; &quot;y&quot;&lt;/script&gt;");
  EXPECT_EQ(escape_html("Ärzte 1.2 mm"), "Ärzte 1.2 mm");
}

TEST(HtmlText, BytesThatAreNoTextAreReplaced) {
  EXPECT_EQ(escape_html("a\xff"
                        "b\x01"
                        "c\n"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD"
            "c\n");
}

TEST(HtmlText, TablesEscapeEveryPlaceTextCanStand) {
  const std::string html =
      write_table({.caption = "<c>", .head = {"<h>"}, .rows = {{{.text = "<t>", .hint = "\"<i>"}}}});
  for (const char* part : {"&lt;c&gt;", "&lt;h&gt;", "&lt;t&gt;", "title=\"&quot;&lt;i&gt;\""}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
  EXPECT_THAT(html, Not(HasSubstr("<t>")));
  EXPECT_EQ(write_table({.head = {"nothing"}, .rows = {}}), "");
}

TEST(HtmlText, NumbersAreExactWhenPointedAt) {
  const HtmlCell cell = number_cell("91.02 %", 0.9102000117301941);
  EXPECT_EQ(std::stod(cell.hint), 0.9102000117301941);
  EXPECT_TRUE(cell.is_number);
}

TEST(HtmlPage, LoadsNothing) {
  HtmlPage page("a <b> run");
  page.add_tile("<k>", "<v>");
  page.add_notice("<n>");
  page.begin_section("<s>");
  page.add_charts({"", ""});
  const std::string html = page.finish();
  EXPECT_THAT(html, HasSubstr("<title>a &lt;b&gt; run</title>"));
  for (const char* part :
       {"http:", "https:", "url(", "<script", "<k>", "<v>", "<n>", "<s>", "class=\"charts\">\n</div>"}) {
    EXPECT_THAT(html, Not(HasSubstr(part)));
  }
}

}  // namespace
}  // namespace hpctrain::tools
