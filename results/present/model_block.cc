#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/present/blocks.h"
#include "results/present/numbers.h"
#include "results/present/table.h"

namespace meshtwin {
namespace {

constexpr std::size_t kMostEndpoints = 6;

// One table for all errors: each line a figure as both worlds had it, its error, over several repeats that one's
// interval, and the yardsticks' errors.
class Errors {
 public:
  Errors(const Comparison& comparison, const Style& style)
      : comparison_(comparison), style_(style), several_(comparison.seeds.size() > 1), table_(gaps(), 2) {
    yardsticks_ = std::any_of(comparison.latency.begin(), comparison.latency.end(),
                              [](const LatencyRow& row) { return row.null_model || row.repeat; });
    // Beside intervals they find no room on a narrow terminal; comparison.json has them.
    yardsticks_ = yardsticks_ && (!several_ || style.width >= 96);
    // What stands beside the names is so wide: figures, error, interval, yardsticks.
    const std::size_t others = 38 + (several_ ? 20 : 0) + (yardsticks_ ? 22 : 0);
    name_width_ = style.width > others + 14 ? style.width - others : 14;
    table_.limit_names(name_width_);
    std::vector<std::string> titles = {"", "", "sim", "emu", "error"};
    if (several_) titles.emplace_back("95 % of it");
    if (yardsticks_) titles.insert(titles.end(), {"no costs", "emu again"});
    table_.head(std::move(titles));
  }

  void title(const std::string& text) { table_.row({{text, Paint::bold}}); }
  void latency(const std::vector<LatencyRow>& rows) {
    for (const LatencyRow& row : rows) {
      const auto size = std::max(row.sim.value_or(0), row.emu.value_or(0));
      const auto error = [&](const std::optional<Duration>& model) {
        return show_error(relative_error(model, row.emu), style_);
      };
      add({name_of(row.phase, row.route, row.figure == "p99"), row.figure,
           show_ms(row.sim, decimals_for_ms(size), style_), show_ms(row.emu, decimals_for_ms(size), style_)},
          error(row.sim), percent(row.intervals.sim), error(row.null_model), error(row.repeat));
    }
    last_.clear();
  }
  void distances(const std::vector<DistanceRow>& rows) {
    for (const DistanceRow& row : rows) distance(row);
    last_.clear();
  }
  void share(const std::string& name, const ShareRow& row) {
    const auto show = [&](const std::optional<double>& share) {
      return show_fixed(share ? std::optional(100 * *share) : std::nullopt, 2, style_);
    };
    std::string error = show_fixed(std::nullopt, 0, style_);
    if (row.sim && row.emu) error = show_signed(100 * (*row.sim - *row.emu), 2, style_) + " pt";
    std::string interval;
    if (row.interval) {
      interval =
          between(show_signed(100 * row.interval->low, 2, style_), show_signed(100 * row.interval->high, 2, style_));
    }
    add({name, "%", show(row.sim), show(row.emu)}, error, interval, "", "");
  }
  void seconds(const std::string& name, const std::optional<Duration>& sim, const std::optional<Duration>& emu,
               const std::optional<Interval>& interval) {
    const auto show = [&](const std::optional<Duration>& time) {
      return show_fixed(time ? std::optional(static_cast<double>(*time) / 1e9) : std::nullopt, 3, style_);
    };
    add({name, "s", show(sim), show(emu)}, show_error(relative_error(sim, emu), style_), percent(interval), "", "");
  }
  void measure(const std::string& name, const std::string& unit, const CpuRow& row) {
    add({name, unit, show_fixed(row.sim_us, 1, style_), show_fixed(row.emu_us, 1, style_)},
        show_error(relative_error(row.sim_us, row.emu_us), style_), percent(row.interval), "", "");
  }
  std::string text() const { return table_.text(style_); }

 private:
  std::vector<std::size_t> gaps() const {
    std::vector<std::size_t> gaps = {0, 2, 3, 1, 3};
    gaps.resize(5 + (comparison_.seeds.size() > 1 ? 1 : 0) + 2, 2);
    return gaps;
  }
  // Rows of the same stand together: a long name goes on beside the next figure, to its end beside the last.
  std::string name_of(const std::string& phase, const std::string& route, bool is_last) {
    const std::string whole = route.empty() ? phase : route + ", " + phase;
    parts_ = whole == last_ ? after_first(parts_) : wrapped(whole, name_width_);
    last_ = whole;
    if (parts_.empty()) return "";
    std::string shown = parts_.front();
    for (std::size_t i = 1; is_last && i < parts_.size(); ++i) shown += ' ' + parts_[i];
    return shown;
  }
  void distance(const DistanceRow& row) {
    const bool relative = row.figure == "wasserstein";
    const auto show = [&](const std::optional<double>& value) {
      if (!relative) return show_fixed(value, 3, style_);
      return value ? show_fixed(100 * *value, 1, style_) + " %" : show_fixed(value, 1, style_);
    };
    std::string interval;
    if (row.intervals.sim) {
      const double unit = relative ? 100 : 1;
      interval = between(show_fixed(unit * row.intervals.sim->low, relative ? 1 : 3, style_),
                         show_fixed(unit * row.intervals.sim->high, relative ? 1 : 3, style_));
    }
    add({name_of(row.phase, row.route, !relative), relative ? "W" : "KS", "", ""}, show(row.sim), interval,
        show(row.null_model), show(row.repeat));
  }
  static std::vector<std::string> after_first(std::vector<std::string> parts) {
    if (!parts.empty()) parts.erase(parts.begin());
    return parts;
  }
  std::string between(const std::string& low, const std::string& high) const {
    return fmt::format("{} to {}", low, high);
  }
  std::string percent(const std::optional<Interval>& interval) const {
    if (!interval) return "";
    return between(show_signed(100 * interval->low, 1, style_), show_signed(100 * interval->high, 1, style_));
  }
  void add(std::vector<Table::Cell> cells, const std::string& error, const std::string& interval,
           const std::string& null_error, const std::string& repeat_error) {
    cells.emplace_back(error, Paint::bold);
    if (several_) cells.emplace_back(interval);
    if (yardsticks_) {
      cells.emplace_back(null_error);
      cells.emplace_back(repeat_error);
    }
    table_.row(std::move(cells));
  }

  const Comparison& comparison_;
  const Style& style_;
  const bool several_;
  bool yardsticks_ = false;
  std::size_t name_width_ = 14;
  std::string last_;                // the name of the row before
  std::vector<std::string> parts_;  // what of it is not yet shown
  Table table_;
};

double apart(const ShareRow& row) {
  return row.sim && row.emu ? std::abs(*row.sim - *row.emu) : -1;
}

void add_shares(Errors& errors, const Comparison& comparison) {
  errors.title("shares and success");
  const auto largest = std::max_element(comparison.shares.begin(), comparison.shares.end(),
                                        [](const ShareRow& a, const ShareRow& b) { return apart(a) < apart(b); });
  if (largest != comparison.shares.end()) {
    errors.share(fmt::format("farthest share: {} {}, {}", largest->service, largest->zone, largest->phase), *largest);
  }
  for (const ShareRow& row : comparison.success) errors.share("succeeded, " + row.phase, row);
  if (comparison.retries) errors.share("retries, of attempts", *comparison.retries);
}

void add_events(Errors& errors, const Comparison& comparison) {
  if (comparison.failovers.empty() && comparison.endpoints.empty()) return;
  errors.title("events");
  for (const FailoverRow& row : comparison.failovers) {
    errors.seconds("failover of " + row.service, row.sim, row.emu, row.interval);
  }
  std::size_t shown = 0;
  for (const EndpointRow& row : comparison.endpoints) {
    if (shown++ == 2 * kMostEndpoints) break;  // the others are in comparison.json
    errors.seconds(row.endpoint + " " + row.event, row.sim, row.emu, row.interval);
  }
}

}  // namespace

std::string distance_line(const Comparison& comparison, const Style& style) {
  std::optional<double> transport;
  std::optional<double> largest;
  for (const DistanceRow& row : comparison.distances) {
    if (row.phase != kWholeRun || !row.route.empty()) continue;
    (row.figure == "wasserstein" ? transport : largest) = row.sim;
  }
  if (!transport || !largest) return "";
  const std::string line = fmt::format(
      "The distributions of latency are {} % of the real mean apart (Wasserstein), {} at most (Kolmogorov "
      "and Smirnov).",
      show_fixed(100 * *transport, 1, style), show_fixed(*largest, 3, style));
  std::string text;
  for (const std::string& part : wrapped(line, style.width - 2)) text += "  " + part + '\n';
  return text;
}

std::string model_block(const Comparison& comparison, const Style& style) {
  Errors errors(comparison, style);
  errors.title("latency, ms");
  errors.latency(comparison.latency);
  errors.latency(comparison.route_latency);
  if (!comparison.mesh_added.empty()) {
    errors.title("the mesh adds, ms");
    errors.latency(comparison.mesh_added);
    errors.latency(comparison.route_mesh_added);
  }
  if (!comparison.distances.empty()) errors.title("distributions, apart");
  errors.distances(comparison.distances);
  add_shares(errors, comparison);
  add_events(errors, comparison);
  errors.title("CPU, us a request");
  for (const CpuRow& row : comparison.cpu) errors.measure(row.kind, "us", row);
  return errors.text();
}

}  // namespace meshtwin
