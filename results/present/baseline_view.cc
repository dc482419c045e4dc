#include "results/present/baseline_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/present/numbers.h"
#include "results/present/table.h"
#include "results/present/xml.h"

namespace meshtwin {
namespace {

std::string or_none(const std::string& value) {
  return value.empty() ? "none" : value;
}

// In a few words: why it is not the same.
std::string reason_of(const CheckedBaseline& one) {
  const BaselineDifference& found = one.difference;
  std::string reason;
  if (!found.moved.empty()) reason = fmt::format("{} of {} figures moved", found.moved.size(), one.figures);
  if (found.moved.empty() && found.other_records) reason = "no figure moved, but the records are others";
  if (found.other_seed) reason += reason.empty() ? "another seed" : "; another seed";
  if (found.other_profile) reason += reason.empty() ? "another cost profile" : "; another cost profile";
  return reason;
}

std::string moved_lines(const CheckedBaseline& one, std::size_t most, const Style& style) {
  Table table({4, 2, 2, 2}, 1);
  table.limit_names(style.width / 2);
  const auto& moved = one.difference.moved;
  for (std::size_t i = 0; i < std::min(most, moved.size()); ++i) {
    table.row({moved[i].figure, or_none(moved[i].before), or_none(moved[i].after),
               moved[i].relative ? show_error(moved[i].relative, style) : ""});
  }
  std::string text = table.text(style);
  if (moved.size() > most) text += fmt::format("      and {} more\n", moved.size() - most);
  return text;
}

}  // namespace

std::string view_of(const std::vector<CheckedBaseline>& checked, std::size_t most, const Style& style) {
  std::string text;
  for (const CheckedBaseline& one : checked) {
    if (one.difference.none()) {
      text += fmt::format("{}  {}: {} figures, {}\n", painted("same ", Paint::good, style), one.scenario, one.figures,
                          one.fingerprint_after);
      continue;
    }
    text += fmt::format("{}  {}: {} ({}, was {})\n", painted("MOVED", Paint::bad, style), one.scenario, reason_of(one),
                        one.fingerprint_after, one.fingerprint_before);
    text += moved_lines(one, most, style);
  }
  return text;
}

std::string junit_of(const std::vector<CheckedBaseline>& checked) {
  const auto failures =
      std::count_if(checked.begin(), checked.end(), [](const CheckedBaseline& one) { return !one.difference.none(); });
  std::string xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"meshtwin baselines\" tests=\"{}\" "
      "failures=\"{}\">\n",
      checked.size(), failures);
  for (const CheckedBaseline& one : checked) {
    xml += fmt::format("  <testcase classname=\"baseline\" name=\"{}\" file=\"{}\" time=\"{:.3f}\"",
                       xml_escaped(one.scenario), xml_escaped(one.file), one.wall_s);
    if (one.difference.none()) {
      xml += "/>\n";
      continue;
    }
    const Style plain{.width = 160, .unicode = false, .colour = false};
    xml += fmt::format(">\n    <failure message=\"{}\">{}</failure>\n  </testcase>\n", xml_escaped(reason_of(one)),
                       xml_escaped(moved_lines(one, one.difference.moved.size(), plain)));
  }
  return xml + "</testsuite>\n";
}

std::string annotations_of(const std::vector<CheckedBaseline>& checked) {
  std::string text;
  for (const CheckedBaseline& one : checked) {
    if (one.difference.none()) continue;
    std::string message = one.scenario + ": " + reason_of(one);
    if (!one.difference.moved.empty()) {
      const MovedFigure& first = one.difference.moved.front();
      message += fmt::format(", {} from {} to {}", first.figure, or_none(first.before), or_none(first.after));
    }
    text += fmt::format("::error file={},title=baseline moved::{}\n", one.file, message);
  }
  return text;
}

std::string json_of(const std::vector<CheckedBaseline>& checked) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const CheckedBaseline& one : checked) {
    nlohmann::ordered_json entry;
    entry["scenario"] = one.scenario;
    entry["file"] = one.file;
    entry["same"] = one.difference.none();
    entry["figures"] = one.figures;
    entry["fingerprint"] = {{"before", one.fingerprint_before}, {"after", one.fingerprint_after}};
    entry["other_seed"] = one.difference.other_seed;
    entry["other_profile"] = one.difference.other_profile;
    entry["moved"] = nlohmann::ordered_json::array();
    for (const MovedFigure& row : one.difference.moved) {
      const auto value = [](const std::string& json) {
        return json.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json::parse(json);
      };
      nlohmann::ordered_json moved;
      moved["figure"] = row.figure;
      moved["before"] = value(row.before);
      moved["after"] = value(row.after);
      moved["relative"] = row.relative ? nlohmann::ordered_json(*row.relative) : nlohmann::ordered_json(nullptr);
      entry["moved"].push_back(std::move(moved));
    }
    all.push_back(std::move(entry));
  }
  return all.dump(2) + "\n";
}

}  // namespace meshtwin
