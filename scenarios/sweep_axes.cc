// What a sweep file sets and varies.

#include <algorithm>

#include "mesh/resource/reading.h"
#include "scenarios/axis_values.h"
#include "scenarios/sweep_loading.h"

namespace meshtwin {

namespace {

Setting setting_of(const Node& path, const Node& value) {
  Place place = path.place();
  if (path.quoted) ++place.column;
  return {path.text, place, value};
}

std::vector<Setting> settings_of(const Node& map) {
  std::vector<Setting> settings;
  if (map.kind != Node::Kind::map) return settings;
  for (std::size_t i = 0; i < map.keys.size(); ++i) settings.push_back(setting_of(map.keys[i], map.items[i]));
  return settings;
}

void check_once(SweepLoading& loading, const SweepAxis& axis, const std::vector<Node>& places) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < axis.stops.size(); ++i) {
    if (seen.insert(axis.stops[i].label).second) continue;
    loading.problem(places[i], "found " + quote(axis.stops[i].label) + " a second time, expected each value once");
  }
}

void load_vary(SweepLoading& loading) {
  const Node* vary = loading.root.find("vary");
  if (vary == nullptr || vary->kind != Node::Kind::map) return;
  for (std::size_t i = 0; i < vary->keys.size(); ++i) {
    const Node& path = vary->keys[i];
    std::vector<Node> values =
        vary->items[i].kind == Node::Kind::map ? expand_range(vary->items[i], loading.problems) : vary->items[i].items;
    SweepAxis axis{path.text, {}};
    for (const Node& value : values) axis.stops.push_back({flow_text(value), {setting_of(path, value)}});
    check_once(loading, axis, values);
    loading.sweep.axes.push_back(std::move(axis));
  }
}

void load_cases(SweepLoading& loading) {
  const Node* cases = loading.root.find("cases");
  if (cases == nullptr || cases->kind != Node::Kind::map) return;
  for (std::size_t i = 0; i < cases->keys.size(); ++i) {
    SweepAxis axis{cases->keys[i].text, {}};
    const Node& groups = cases->items[i];
    for (std::size_t k = 0; k < groups.keys.size(); ++k) {
      axis.stops.push_back({groups.keys[k].text, settings_of(groups.items[k])});
    }
    const auto same = std::find_if(loading.sweep.axes.begin(), loading.sweep.axes.end(),
                                   [&](const SweepAxis& other) { return other.name == axis.name; });
    if (same != loading.sweep.axes.end()) {
      loading.problem(cases->keys[i], "found " + quote(axis.name) + ", which is varied above, expected another name");
    }
    loading.sweep.axes.push_back(std::move(axis));
  }
}

// Whether one of two paths leads into the other's value.
bool overlap(const std::string& a, const std::string& b) {
  const std::string& shorter = a.size() <= b.size() ? a : b;
  const std::string& longer = a.size() <= b.size() ? b : a;
  return longer.starts_with(shorter) && (longer.size() == shorter.size() || longer[shorter.size()] == '.');
}

// Settings of two axes that touch the same value would make one axis undo the other.
void check_apart(SweepLoading& loading) {
  std::map<std::string, std::string> owner;  // of each path, the axis
  for (const SweepAxis& axis : loading.sweep.axes) {
    std::map<std::string, Place> mine;
    for (const SweepStop& stop : axis.stops) {
      for (const Setting& setting : stop.settings) mine.emplace(setting.path, setting.place);
    }
    for (const auto& [path, place] : mine) {
      if (path == "seed") loading.problems.add(place, "found the path \"seed\", expected it in `seeds`");
      for (const auto& [other, name] : owner) {
        if (!overlap(path, other)) continue;
        loading.overlapping = true;
        loading.problems.add(place, "found " + quote(path) + ", which touches " + quote(other) + " of the axis " +
                                        quote(name) + ", expected axes that have nothing in common");
      }
    }
    for (const auto& [path, place] : mine) owner.emplace(path, axis.name);
  }
  for (const Setting& setting : loading.sweep.set) {
    for (const auto& [other, name] : owner) {
      if (!overlap(setting.path, other) || other.size() > setting.path.size()) continue;
      loading.problems.add(setting.place, "found " + quote(setting.path) + ", which the axis " + quote(name) +
                                              " sets, too, expected it in one of the two");
    }
  }
}

}  // namespace

void load_sweep_axes(SweepLoading& loading) {
  if (const Node* set = loading.root.find("set")) loading.sweep.set = settings_of(*set);
  load_vary(loading);
  load_cases(loading);
  check_apart(loading);
}

}  // namespace meshtwin
