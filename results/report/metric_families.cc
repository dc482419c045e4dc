#include "results/report/metric_families.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace meshtwin {
namespace {

constexpr std::size_t kSlices = 60;  // at most
constexpr std::size_t kFamilies = 60;

using Line = std::vector<std::optional<double>>;

std::string_view family_of(std::string_view series) {
  return series.substr(0, series.find('{'));
}

bool counts(std::string_view family) {
  return family.ends_with("_total") || family.ends_with("_count") || family.ends_with("_sum");
}

// Lines of families, added up from the points of series. Pods are scraped each at its own instants, so a slice is told
// of the middle of it: a counter grows evenly between two scrapes, anything else keeps its value until the next.
class Families {
 public:
  Families(const Pods& pods, const TimeGrid& grid) : pods_(pods), grid_(grid) {}

  // By time.
  void take(Time at, std::int64_t pod, std::string_view series, double value) {
    const std::string_view family = family_of(series);
    const auto place = pods_.place_of(pod);
    if (family.ends_with("_bucket") || !place) return;
    Line& line = families_[std::string(family)][pods_.groups()[pods_.all()[*place].group].name];
    line.resize(grid_.slices());
    const auto [last, fresh] = last_.try_emplace({pod, std::string(series)}, Point{at, value, &line, counts(family)});
    if (fresh) return;
    put(last->second, at, value);
    last->second.at = at;
    last->second.value = value;
  }

  // What was last known of a value holds until the end; how a counter went on is not known.
  std::map<std::string, std::map<std::string, Line>> finished() && {
    for (const auto& [series, point] : last_) {
      if (!point.counts) put(point, grid_.duration() + grid_.width(), point.value);
    }
    return std::move(families_);
  }

 private:
  struct Point {
    Time at = 0;
    double value = 0;
    Line* line = nullptr;
    bool counts = false;
  };

  // The slices whose middle lies in [last.at, at).
  void put(const Point& last, Time at, double value) {
    // A counter that fell began again from 0.
    const double growth = value >= last.value ? value - last.value : value;
    const double shown = last.counts ? growth / (in_seconds(at) - in_seconds(last.at)) : last.value;
    for (std::size_t i = grid_.at(last.at); i <= grid_.at(at); ++i) {
      const Time middle = static_cast<Time>(i) * grid_.width() + grid_.width() / 2;
      if (middle >= last.at && middle < at) (*last.line)[i] = (*last.line)[i].value_or(0) + shown;
    }
  }

  const Pods& pods_;
  const TimeGrid& grid_;
  std::map<std::string, std::map<std::string, Line>> families_;  // by family, then service
  std::map<std::pair<std::int64_t, std::string>, Point> last_;   // by pod and series
};

Json line_json(const Line& line) {
  Json list = Json::array();
  for (const std::optional<double>& value : line) list.push_back(value ? Json(rounded(*value, 1e6)) : Json(nullptr));
  return list;
}

}  // namespace

Json metric_families_json(const Database& store, const Pods& pods, Duration duration) {
  const TimeGrid grid(duration, kSlices);
  Families families(pods, grid);
  each_row(store, "SELECT at_ns, pod, series, value FROM metrics ORDER BY at_ns",
           [&](const Statement& row) { families.take(row.integer(0), row.integer(1), row.text(2), row.real(3)); });
  Json metrics;
  metrics["width_s"] = in_seconds(grid.width());
  metrics["families"] = Json::object();
  std::uint64_t left_out = 0;
  for (const auto& [name, services] : std::move(families).finished()) {
    if (metrics["families"].size() == kFamilies) {
      ++left_out;
      continue;
    }
    for (const auto& [service, line] : services) metrics["families"][name][service] = line_json(line);
  }
  metrics["left_out"] = left_out;
  return metrics;
}

}  // namespace meshtwin
