#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "results/present/blocks.h"
#include "results/present/numbers.h"
#include "results/present/table.h"

namespace meshtwin {
namespace {

// One line for each fact: a value for each world, and for two worlds their difference.
class Facts {
 public:
  Facts(const Worlds& worlds, const Style& style)
      : worlds_(worlds), style_(style), table_(worlds.size() == 2 ? gaps(4) : gaps(2), 1) {
    std::vector<std::string> titles = {""};
    for (const Summary* run : worlds) titles.push_back(run->world);
    if (worlds.size() == 2) titles.push_back("difference");
    table_.limit_names(60);
    table_.head(std::move(titles));
  }

  using Read = std::function<std::optional<double>(const Summary&)>;
  void count(const std::string& name, const Read& read) {
    std::vector<Table::Cell> cells = {name};
    const std::vector<std::optional<double>> values = all(read);
    for (const std::optional<double>& value : values) {
      cells.emplace_back(value ? show_count(static_cast<std::uint64_t>(*value)) : show_fixed(value, 0, style_));
    }
    if (values.size() == 2 && values[0] && values[1]) {
      cells.emplace_back(show_difference(std::llround(*values[0] - *values[1]), style_));
    }
    table_.row(std::move(cells));
  }
  void share(const std::string& name, int decimals, const Read& read) {
    std::vector<Table::Cell> cells = {name};
    const std::vector<std::optional<double>> values = all(read);
    for (const std::optional<double>& value : values) {
      cells.emplace_back(value ? show_fixed(*value * 100, decimals, style_) + " %" : show_fixed(value, 0, style_));
    }
    if (values.size() == 2 && values[0] && values[1]) {
      cells.emplace_back(show_signed((*values[0] - *values[1]) * 100, decimals, style_) + " pt");
    }
    table_.row(std::move(cells));
  }
  void measure(const std::string& name, int decimals, const Read& read) {
    std::vector<Table::Cell> cells = {name};
    const std::vector<std::optional<double>> values = all(read);
    for (const std::optional<double>& value : values) cells.emplace_back(show_fixed(value, decimals, style_));
    if (values.size() == 2) cells.emplace_back(show_error(relative_error(values[0], values[1]), style_));
    table_.row(std::move(cells));
  }
  // Where a difference would say nothing. Left out where no world has it.
  void bare(const std::string& name, int decimals, const Read& read) {
    std::vector<Table::Cell> cells = {name};
    const std::vector<std::optional<double>> values = all(read);
    if (std::none_of(values.begin(), values.end(), [](const auto& value) { return value.has_value(); })) return;
    for (const std::optional<double>& value : values) cells.emplace_back(show_fixed(value, decimals, style_));
    table_.row(std::move(cells));
  }
  std::string text() const { return table_.text(style_); }

 private:
  static std::vector<std::size_t> gaps(std::size_t columns) {
    std::vector<std::size_t> gaps(columns, 3);
    gaps[0] = 0;
    return gaps;
  }
  std::vector<std::optional<double>> all(const Read& read) const {
    std::vector<std::optional<double>> values;
    for (const Summary* run : worlds_) values.push_back(read(*run));
    return values;
  }

  const Worlds& worlds_;
  const Style& style_;
  Table table_;
};

std::set<std::string> keys(const Worlds& worlds, const std::function<std::vector<std::string>(const Summary&)>& of) {
  std::set<std::string> all;
  for (const Summary* run : worlds) {
    for (std::string& key : of(*run)) all.insert(std::move(key));
  }
  return all;
}

void add_requests(Facts& facts, const Worlds& worlds) {
  facts.count("requests sent", [](const Summary& run) { return static_cast<double>(run.requests.sent); });
  facts.share("succeeded", 3, [](const Summary& run) -> std::optional<double> {
    if (run.requests.sent == 0) return std::nullopt;
    return static_cast<double>(run.requests.ok) / static_cast<double>(run.requests.sent);
  });
  const auto reasons = keys(worlds, [](const Summary& run) {
    std::vector<std::string> names;
    for (const auto& [reason, count] : run.requests.failed) names.push_back(reason);
    return names;
  });
  for (const std::string& reason : reasons) {
    facts.count("failed: " + reason, [&reason](const Summary& run) {
      const auto found = run.requests.failed.find(reason);
      return found == run.requests.failed.end() ? 0.0 : static_cast<double>(found->second);
    });
  }
  facts.count("attempts", [](const Summary& run) { return static_cast<double>(run.attempts.total); });
  facts.count("retries", [](const Summary& run) { return static_cast<double>(run.attempts.retries); });
}

void add_failovers(Facts& facts, const Worlds& worlds) {
  const auto services = keys(worlds, [](const Summary& run) {
    std::vector<std::string> names;
    for (const Failover& failover : run.failovers) names.push_back(failover.service);
    return names;
  });
  for (const std::string& service : services) {
    facts.measure("failover of " + service + ", s", 3, [&service](const Summary& run) -> std::optional<double> {
      const auto longest = longest_failovers(run.failovers);
      const auto found = longest.find(service);
      if (found == longest.end() || !found->second) return std::nullopt;
      return static_cast<double>(*found->second) / 1e9;
    });
  }
}

// Changes are the same in both worlds, in the same order: the timeline's.
void add_convergences(Facts& facts, const Worlds& worlds) {
  std::size_t changes = 0;
  for (const Summary* run : worlds) changes = std::max(changes, run->convergences.size());
  for (std::size_t i = 0; i < changes; ++i) {
    const std::string change = "change " + std::to_string(i + 1) + " in force at the ";
    const auto measure = [&](const char* which, Duration Convergence::*took) {
      facts.measure(change + which + " proxy, ms", 1, [i, took](const Summary& run) -> std::optional<double> {
        if (i >= run.convergences.size() || run.convergences[i].proxies == 0) return std::nullopt;
        return static_cast<double>(run.convergences[i].*took) / 1e6;
      });
    };
    measure("first", &Convergence::first);
    measure("last", &Convergence::last);
  }
}

void add_processor(Facts& facts, const Worlds& worlds) {
  const auto kinds = keys(worlds, [](const Summary& run) {
    std::vector<std::string> names;
    for (const auto& [kind, us] : cpu_us_by_kind(run)) names.push_back(kind);
    return names;
  });
  for (const std::string& kind : kinds) {
    facts.measure("CPU of " + kind + ", us a request", 1, [&kind](const Summary& run) -> std::optional<double> {
      const std::map<std::string, double> by_kind = cpu_us_by_kind(run);
      const auto found = by_kind.find(kind);
      return found == by_kind.end() ? std::nullopt : std::optional(found->second);
    });
  }
  facts.share("processors busy", 1, [](const Summary& run) { return run.utilisation; });
  facts.bare("load generator's lateness, p99, us", 1,
             [](const Summary& run) { return static_cast<double>(run.generator.p99) / 1e3; });
  facts.measure("kernel traversals a request", 2, [](const Summary& run) { return run.traversals_per_request; });
  const bool accelerated =
      std::any_of(worlds.begin(), worlds.end(), [](const Summary* run) { return !run->shortcuts.empty(); });
  for (const std::string path : {"in_pod", "on_node"}) {
    if (!accelerated) break;
    facts.measure("messages round TCP " + std::string(path == "in_pod" ? "in a pod" : "on a node") + ", a request", 2,
                  [path](const Summary& run) -> std::optional<double> {
                    const auto found = run.shortcuts.find(path);
                    if (found == run.shortcuts.end() || run.requests.sent == 0) return std::nullopt;
                    return static_cast<double>(found->second.redirected_messages) /
                           static_cast<double>(run.requests.sent);
                  });
  }
  for (const std::string kind : {"sidecar", "ztunnel", "waypoint", "gateway"}) {
    facts.bare("memory of the largest " + kind + ", MB", 1, [kind](const Summary& run) -> std::optional<double> {
      std::int64_t largest = -1;
      for (const auto& [name, role] : run.roles) {
        if (role.kind == kind) largest = std::max(largest, role.memory_peak);
      }
      return largest < 0 ? std::nullopt : std::optional(static_cast<double>(largest) / 1e6);
    });
  }
}

}  // namespace

std::string fact_block(const Worlds& worlds, const Style& style) {
  Facts facts(worlds, style);
  add_requests(facts, worlds);
  add_failovers(facts, worlds);
  add_convergences(facts, worlds);
  add_processor(facts, worlds);
  return facts.text();
}

std::string link_block(const Worlds& worlds, const Style& style) {
  Table table({0, 2, 3, 3, 2, 3, 2, 3, 2}, 2);
  table.span(3, 4, "delay got, us");
  table.span(5, 6, "released late, us");
  table.head({"link", "", "wanted", "p50", "p99", "p50", "p99", "packets", "lost"});
  bool any = false;
  const auto us = [](Duration duration) { return fmt::format("{:.1f}", static_cast<double>(duration) / 1e3); };
  for (const std::string& name : keys(worlds, [](const Summary& run) {
         std::vector<std::string> names;
         for (const LinkQuality& link : run.links) names.push_back(link.name);
         return names;
       })) {
    std::string shown = name;
    for (const Summary* run : worlds) {
      for (const LinkQuality& link : run->links) {
        if (link.name != name) continue;
        any = true;
        table.row({shown, run->world, us(link.delay_wanted), us(link.delay_p50), us(link.delay_p99),
                   us(link.lateness_p50), us(link.lateness_p99), show_count(link.packets), show_count(link.lost)});
        shown.clear();
      }
    }
  }
  return any ? table.text(style) : "";
}

}  // namespace meshtwin
