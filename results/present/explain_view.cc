#include "results/present/explain_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "results/present/numbers.h"
#include "results/present/table.h"

namespace meshtwin {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, kPartCount> kPartTexts = {"the generator's lateness",
                                                            "waiting for a worker",
                                                            "waiting for a free connection",
                                                            "making connections",
                                                            "TLS handshakes",
                                                            "earlier tries",
                                                            "computing",
                                                            "applications besides",
                                                            "proxies",
                                                            "kernel and wake-ups",
                                                            "network",
                                                            "not seen"};

// What is less is not shown apart: shares of the latency; nanoseconds.
constexpr double kHopLeast = 0.01;
constexpr double kPartLeast = 500;

double milliseconds(double nanoseconds) {
  return nanoseconds / 1e6;
}

class Columns {
 public:
  Columns(const std::vector<Explanation>& worlds, const Style& style)
      : worlds_(worlds),
        style_(style),
        both_(worlds.size() == 2),
        table_(both_ ? std::vector<std::size_t>{0, 4, 2, 3, 2} : std::vector<std::size_t>{0, 4, 2}, 1) {
    double largest = 0;
    for (const Explanation& world : worlds) largest = std::max(largest, world.latency);
    decimals_ = decimals_for_ms(static_cast<Duration>(largest));
  }

  void head(const std::string& title) {
    std::vector<std::string> titles = {title};
    for (const Explanation& world : worlds_) titles.push_back(world.world + ", ms");
    if (both_) {
      titles.emplace_back("difference");
      titles.emplace_back("of all of it");
    } else {
      titles.emplace_back("share");
    }
    table_.head(std::move(titles));
  }

  // `values`: nanoseconds, of each world.
  void row(const std::string& name, const std::vector<double>& values, Paint paint = Paint::plain) {
    std::vector<Table::Cell> cells = {{name, paint}};
    for (const double value : values) cells.emplace_back(show_fixed(milliseconds(value), decimals_, style_), paint);
    if (both_) {
      const double difference = values[0] - values[1];
      cells.emplace_back(show_signed(milliseconds(difference), decimals_, style_), paint);
      cells.emplace_back(show_error(share(difference, worlds_[1].latency), style_), paint);
    } else {
      const auto part = share(values[0], worlds_[0].latency);
      cells.emplace_back(part ? show_fixed(*part * 100, 1, style_) + " %" : "", paint);
    }
    table_.row(std::move(cells));
  }

  void rule() { table_.rule(); }
  std::string text() const { return table_.text(style_); }

 private:
  static std::optional<double> share(double part, double whole) {
    return whole > 0 ? std::optional(part / whole) : std::nullopt;
  }

  const std::vector<Explanation>& worlds_;
  const Style& style_;
  const bool both_;
  Table table_;
  int decimals_ = 3;
};

// Every hop of any of the worlds: the first's in its order, then what only the other has.
std::vector<std::string> hops_of(const std::vector<Explanation>& worlds) {
  std::vector<std::string> hops;
  for (const Explanation& world : worlds) {
    for (const Explanation::Hop& hop : world.hops) {
      if (std::ranges::find(hops, hop.hop) == hops.end()) hops.push_back(hop.hop);
    }
  }
  return hops;
}

double of_hop(const Explanation& world, const std::string& name, std::optional<std::size_t> part) {
  const auto found = std::ranges::find(world.hops, name, &Explanation::Hop::hop);
  if (found == world.hops.end()) return 0;
  return part.has_value() ? found->parts[*part] : found->sum();
}

void show_hop(Columns& columns, const std::vector<Explanation>& worlds, const std::string& hop,
              const std::vector<double>& values) {
  columns.row(hop, values);
  for (std::size_t i = 0; i < kPartCount; ++i) {
    std::vector<double> of_part;
    for (const Explanation& world : worlds) of_part.push_back(of_hop(world, hop, i));
    const bool counts = std::ranges::any_of(of_part, [](double value) { return std::abs(value) >= kPartLeast; });
    if (counts) columns.row(std::string("  ") + kPartTexts[i], of_part, Paint::dim);
  }
}

std::vector<double> latencies(const std::vector<Explanation>& worlds) {
  std::vector<double> values;
  for (const Explanation& world : worlds) values.push_back(world.latency);
  return values;
}

std::string head_line(const std::vector<Explanation>& worlds, const std::string& figure, const Style& style) {
  std::string text;
  for (const Explanation& world : worlds) {
    text += fmt::format("  {}: {} is {} ms, of {} requests; {} sampled ones", world.world, figure,
                        show_ms(world.figure, decimals_for_ms(world.figure), style), show_count(world.requests),
                        show_count(world.averaged));
    if (world.low > 0 || world.high < 1) {
      text += fmt::format(" between the ranks {:.4g} and {:.4g} %", world.low * 100, world.high * 100);
    }
    text += " are averaged\n";
  }
  return text;
}

}  // namespace

std::string view_of(const std::vector<Explanation>& worlds, const std::string& figure, const Style& style) {
  std::string text = head_line(worlds, figure, style) + '\n';
  const bool nothing = std::ranges::any_of(worlds, [](const Explanation& world) { return world.averaged == 0; });
  if (nothing) return text + "  Nothing to take apart: no sampled request is among them.\n";
  return text + parts_of(worlds, style);
}

std::string parts_of(const std::vector<Explanation>& worlds, const Style& style) {
  Columns parts(worlds, style);
  parts.head("by part");
  for (std::size_t i = 0; i < kPartCount; ++i) {
    std::vector<double> values;
    for (const Explanation& world : worlds) values.push_back(world.total(static_cast<Part>(i)));
    if (std::ranges::any_of(values, [](double value) { return value != 0; })) parts.row(kPartTexts[i], values);
  }
  parts.rule();
  parts.row("latency", latencies(worlds), Paint::bold);
  Columns hops(worlds, style);
  hops.head("by hop, with the way to it");
  std::vector<double> rest(worlds.size(), 0.0);
  std::size_t small = 0;
  for (const std::string& hop : hops_of(worlds)) {
    std::vector<double> values;
    bool large = false;
    for (const Explanation& world : worlds) {
      values.push_back(of_hop(world, hop, std::nullopt));
      large = large || values.back() >= kHopLeast * world.latency;
    }
    if (large) {
      show_hop(hops, worlds, hop, values);
      continue;
    }
    ++small;
    std::ranges::transform(rest, values, rest.begin(), std::plus());
  }
  if (small > 0) hops.row(fmt::format("{} more", small), rest, Paint::dim);
  hops.rule();
  hops.row("latency", latencies(worlds), Paint::bold);
  return parts.text() + '\n' + hops.text();
}

std::string json_of(const std::vector<Explanation>& worlds, const std::string& figure) {
  Json all;
  all["figure"] = figure;
  for (const Explanation& world : worlds) {
    Json entry;
    entry["requests"] = world.requests;
    entry["figure_ms"] = static_cast<double>(world.figure) / 1e6;
    entry["averaged"] = world.averaged;
    entry["ranks"] = {world.low, world.high};
    entry["latency_ms"] = milliseconds(world.latency);
    for (std::size_t i = 0; i < kPartCount; ++i)
      entry["parts_ms"][std::string(kPartNames[i])] = milliseconds(world.total(static_cast<Part>(i)));
    entry["hops"] = Json::array();
    for (const Explanation::Hop& hop : world.hops) {
      Json parts;
      for (std::size_t i = 0; i < kPartCount; ++i) parts[std::string(kPartNames[i])] = milliseconds(hop.parts[i]);
      entry["hops"].push_back({{"hop", hop.hop}, {"ms", milliseconds(hop.sum())}, {"parts_ms", parts}});
    }
    all["worlds"][world.world] = std::move(entry);
  }
  return all.dump(2) + "\n";
}

}  // namespace meshtwin
