#include "results/report/page.h"

#include <stdexcept>

// The template, as the build bundled it.
__asm__(".pushsection .rodata\nmeshtwin_report_template_begin:\n.incbin \"" MESHTWIN_REPORT_TEMPLATE
        "\"\nmeshtwin_report_template_end:\n.byte 0\n.popsection\n");
extern "C" __attribute__((visibility("hidden"))) const char meshtwin_report_template_begin[];
extern "C" __attribute__((visibility("hidden"))) const char meshtwin_report_template_end[];

namespace meshtwin {
namespace {

constexpr std::string_view kTitle = "<!--meshtwin:title-->";
constexpr std::string_view kData = "<!--meshtwin:data-->";

std::string_view page_template() {
  return {meshtwin_report_template_begin,
          static_cast<std::size_t>(meshtwin_report_template_end - meshtwin_report_template_begin)};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string title_of(const std::vector<Json>& runs) {
  std::string title = runs.empty() ? "no run" : runs.front().value("scenario", "");
  if (runs.size() > 1) title += " and " + std::to_string(runs.size() - 1) + " more";
  return title + " · meshtwin";
}

// One script element each: those not looked at are not parsed.
std::string data_elements(const char* name, const std::vector<Json>& documents) {
  std::string elements;
  for (const Json& document : documents) {
    elements += std::string("<script type=\"application/json\" class=\"") + name + "\">";
    elements += script_safe(document.dump(-1, ' ', false, Json::error_handler_t::replace));
    elements += "</script>\n";
  }
  return elements;
}

}  // namespace

std::string script_safe(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  // Only texts hold a '<'; written as an escape it is the same text to whoever parses it.
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string report_page(const std::vector<Json>& runs, const std::vector<Json>& sets) {
  const std::string_view page = page_template();
  const std::size_t title = page.find(kTitle);
  const std::size_t data = page.find(kData);
  if (title == page.npos || data == page.npos || title > data)
    throw std::logic_error("the report's template has no place for title or data");
  std::string out(page.substr(0, title));
  out += escaped(title_of(runs));
  out += page.substr(title + kTitle.size(), data - title - kTitle.size());
  out += data_elements("run-data", runs) + data_elements("set-data", sets);
  out += page.substr(data + kData.size());
  return out;
}

}  // namespace meshtwin
