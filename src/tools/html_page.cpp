#include "tools/html_page.hpp"

#include "tools/base64.hpp"
#include "tools/html_text.hpp"

namespace hpctrain::tools {
namespace {

// Colours in the order of svg_chart.hpp. Dark ones are chosen for the dark surface, not inverted.
constexpr const char* kStyle = R"(
:root{color-scheme:light;--page:#f9f9f7;--card:#fcfcfb;--ink:#0b0b0b;--ink2:#52514e;--faint:#898781;--grid:#e1e0d9;
--axis:#c3c2b7;--edge:rgba(11,11,11,.10);--c0:#2a78d6;--c1:#1baf7a;--c2:#eda100;--c3:#008300;--c4:#4a3aa7;--c5:#e34948;
--c6:#e87ba4;--c7:#eb6834;--c8:#b5b3aa;--low:#cde2fb;--high:#104281}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;--page:#0d0d0d;--card:#1a1a19;--ink:#fff;
--ink2:#c3c2b7;--faint:#898781;--grid:#2c2c2a;--axis:#383835;--edge:rgba(255,255,255,.10);--c0:#3987e5;--c1:#199e70;
--c2:#c98500;--c3:#008300;--c4:#9085e9;--c5:#e66767;--c6:#d55181;--c7:#d95926;--c8:#6d6c66;--low:#0d366b;--high:#9ec5f4}}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px 16px 48px;max-width:1200px;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
h1{font-size:22px;line-height:1.3;margin:0;overflow-wrap:anywhere}
h2{font-size:17px;margin:36px 0 10px}
p{margin:8px 0;max-width:90ch;overflow-wrap:anywhere}
.lead,figcaption,caption{color:var(--ink2)}
.lead{margin:2px 0 16px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:0}
.tiles div{background:var(--card);border:1px solid var(--edge);border-radius:8px;padding:10px 14px}
.tiles dt{color:var(--ink2);font-size:13px}
.tiles dd{margin:0;font-size:21px;overflow-wrap:anywhere}
.notice{background:var(--card);border:1px solid var(--edge);border-left:4px solid var(--c0);border-radius:4px;
padding:10px 14px;margin:16px 0;max-width:none}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:14px}
figure{margin:0;background:var(--card);border:1px solid var(--edge);border-radius:8px;padding:12px 14px;min-width:0}
figure.full{grid-column:1/-1;overflow-x:auto}
figure.full svg{min-width:700px}
figure img{display:block;max-width:100%;height:auto;margin:6px auto 0;border-radius:4px}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:14px}
figcaption{font-size:13px}
figcaption b{color:var(--ink);font-size:14px}
.key{display:flex;flex-wrap:wrap;gap:2px 14px;margin:2px 0 0;padding:0;list-style:none;font-size:13px}
.key i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--faint);paint-order:stroke;
stroke:var(--card);stroke-width:3px;stroke-linejoin:round}
svg text.name{fill:var(--ink2)}
.grid{stroke:var(--grid);fill:none}
.axis{stroke:var(--axis);fill:none}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.pale{stroke-width:1;opacity:.35}
.dot{stroke:var(--card);stroke-width:2}
.area{stroke:var(--card);stroke-width:.5}
.bar{fill:var(--c0)}
.wide{overflow-x:auto;margin:10px 0}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:4px 0;font-size:13px}
th,td{text-align:left;padding:4px 14px 4px 0;border-bottom:1px solid var(--grid);vertical-align:top;max-width:60ch;
overflow-wrap:break-word}
th{font-weight:600;color:var(--ink2);white-space:nowrap}
.num{text-align:right;white-space:nowrap}
@media print{.charts{grid-template-columns:1fr 1fr}body{padding:0;max-width:none;background:#fff;font-size:11px}figure,.tiles div,tr{break-inside:avoid}
h2{break-after:avoid}figure.full svg{min-width:0}.wide{overflow:visible}table{font-size:10px}}
)";

/// Classes sN and fN: stroke and fill in colour N.
std::string colour_classes() {
  std::string css;
  for (int i = 0; i <= 8; ++i) {
    const std::string number = std::to_string(i);
    css += ".s" + number + "{stroke:var(--c" + number + ")}.f" + number + "{fill:var(--c" + number +
           ");background:var(--c" + number + ")}";
  }
  return css + "\n";
}

}  // namespace

void HtmlPage::add_tile(const std::string& label, const std::string& value) {
  tiles_ += "<div><dt>" + escape_html(label) + "</dt><dd>" + escape_html(value) + "</dd></div>\n";
}

void HtmlPage::add_lead(const std::string& text) {
  lead_ += "<p class=\"lead\">" + escape_html(text) + "</p>\n";
}

void HtmlPage::add_notice(const std::string& text) {
  body_ += "<p class=\"notice\">" + escape_html(text) + "</p>\n";
}

void HtmlPage::begin_section(const std::string& heading) {
  body_ += "<h2>" + escape_html(heading) + "</h2>\n";
}

void HtmlPage::add_paragraph(const std::string& text) {
  body_ += "<p>" + escape_html(text) + "</p>\n";
}

void HtmlPage::add_charts(const std::vector<std::string>& charts) {
  std::string html;
  for (const std::string& chart : charts) html += chart;
  if (!html.empty()) body_ += "<div class=\"charts\">\n" + html + "</div>\n";
}

void HtmlPage::add_pictures(const std::vector<HtmlPicture>& pictures) {
  std::string html;
  for (const auto& [name, png] : pictures) {
    html += "<figure><figcaption>" + escape_html(name) + "</figcaption><img alt=\"" + escape_html(name) +
            "\" src=\"data:image/png;base64," + encode_base64(png) + "\"/></figure>\n";
  }
  if (!html.empty()) body_ += "<div class=\"pictures\">\n" + html + "</div>\n";
}

std::string HtmlPage::finish() const {
  const std::string title = escape_html(title_);
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  // No request for an icon either.
  html +=
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n";
  html += "<title>" + title + "</title>\n<style>" + kStyle + colour_classes() + "</style>\n</head>\n<body>\n";
  html += "<h1>" + title + "</h1>\n" + lead_;
  if (!tiles_.empty()) html += "<dl class=\"tiles\">\n" + tiles_ + "</dl>\n";
  return html + body_ + "</body>\n</html>\n";
}

}  // namespace hpctrain::tools
