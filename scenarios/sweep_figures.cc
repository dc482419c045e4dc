// Which figures a sweep shows, and which it draws against what.

#include <algorithm>

#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "scenarios/axis_values.h"
#include "scenarios/sweep_loading.h"

namespace meshtwin {

namespace {

constexpr std::size_t kLinesMost = 8;
constexpr std::size_t kShareNamesMost = 2000;  // services times zones that are still listed

std::vector<std::string> known_figures(const SweepLoading& loading) {
  FigureSubjects subjects{{loading.kinds.begin(), loading.kinds.end()},
                          {loading.services.begin(), loading.services.end()},
                          {loading.zones.begin(), loading.zones.end()}};
  if (subjects.services.size() * subjects.zones.size() > kShareNamesMost) subjects.zones.clear();
  return figure_names(subjects);
}

class Figures {
 public:
  explicit Figures(SweepLoading& loading) : loading_(loading), known_(known_figures(loading)) {}

  // Its place in the sweep's figures, added where it is not among them yet; nothing when there is no such figure.
  std::optional<std::size_t> place_of(const Node& name) {
    std::vector<Figure>& figures = loading_.sweep.figures;
    for (std::size_t i = 0; i < figures.size(); ++i) {
      if (figures[i].name == name.text) return i;
    }
    std::optional<Figure> figure = find_figure(name.text);
    if (!figure || !has_subject(name.text)) {
      loading_.problem(name, "found " + quote(name.text) + ", expected a figure (" + listing(known_, 60) + ")" +
                                 suggestion(name.text, known_));
      return std::nullopt;
    }
    figures.push_back(std::move(*figure));
    return figures.size() - 1;
  }

 private:
  bool has_subject(const std::string& name) const {
    if (loading_.services.empty()) return true;  // no scenario could be loaded, which has been said
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) return true;
    if (!name.starts_with("zone_share.") || loading_.services.size() * loading_.zones.size() <= kShareNamesMost)
      return false;
    const std::size_t dot = name.find('.', sizeof "zone_share." - 1);
    return loading_.services.contains(name.substr(11, dot - 11)) && loading_.zones.contains(name.substr(dot + 1));
  }

  SweepLoading& loading_;
  std::vector<std::string> known_;
};

std::vector<std::string> axis_names(const SweepLoading& loading) {
  std::vector<std::string> names;
  for (const SweepAxis& axis : loading.sweep.axes) names.push_back(axis.name);
  return names;
}

std::optional<std::size_t> axis_of(SweepLoading& loading, const Node& name) {
  const std::vector<std::string> names = axis_names(loading);
  const auto found = std::find(names.begin(), names.end(), name.text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  loading.problem(
      name, "found " + quote(name.text) + ", expected an axis (" + listing(names) + ")" + suggestion(name.text, names));
  return std::nullopt;
}

std::size_t first_of_numbers(const SweepLoading& loading) {
  for (std::size_t i = 0; i < loading.sweep.axes.size(); ++i) {
    std::vector<std::string> labels;
    for (const SweepStop& stop : loading.sweep.axes[i].stops) labels.push_back(stop.label);
    if (labels.size() > 1 && scale_of(labels).numeric) return i;
  }
  return 0;
}

std::optional<std::size_t> another_axis(const SweepLoading& loading, std::size_t x) {
  const auto& axes = loading.sweep.axes;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (i != x && axes[i].stops.size() > 1 && axes[i].stops.size() <= kLinesMost) return i;
  }
  return std::nullopt;
}

SweepPlot::Log log_of(const Node& plot) {
  const std::string log = read_text(&plot, "log");
  if (log == "none") return SweepPlot::Log::none;
  if (log == "x") return SweepPlot::Log::x;
  if (log == "y") return SweepPlot::Log::y;
  return log == "xy" ? SweepPlot::Log::xy : SweepPlot::Log::automatic;
}

void load_plot(SweepLoading& loading, Figures& figures, const Node& node) {
  const Node* y = node.find("y");
  if (y == nullptr || y->kind != Node::Kind::scalar) return;  // said by the shape check
  SweepPlot plot;
  plot.log = log_of(node);
  const auto figure = figures.place_of(*y);
  const Node* x = node.find("x");
  const Node* by = node.find("by");
  const auto x_axis = x != nullptr ? axis_of(loading, *x) : first_of_numbers(loading);
  if (!figure || !x_axis) return;
  plot.y = *figure;
  plot.x = *x_axis;
  plot.by = by != nullptr ? axis_of(loading, *by) : another_axis(loading, plot.x);
  if (by != nullptr && plot.by == plot.x) loading.problem(*by, "found the axis of `x`, expected another");
  if (by != nullptr && plot.by && loading.sweep.axes[*plot.by].stops.size() > kLinesMost)
    loading.problem(*by, "found an axis of more than 8 values, expected one whose lines can be told apart");
  loading.sweep.plots.push_back(plot);
}

}  // namespace

void load_sweep_figures(SweepLoading& loading) {
  Sweep& sweep = loading.sweep;
  Figures figures(loading);
  if (const Node* names = loading.root.find("figures")) {
    for (const Node& name : items_of(names, Node::Kind::list)) figures.place_of(name);
  } else {
    sweep.figures = usual_figures({loading.kinds.begin(), loading.kinds.end()});
  }
  const Node* plot = loading.root.find("plot");
  if (plot != nullptr && sweep.axes.empty()) {
    loading.problem(*plot, "found a plot of a sweep without axes, expected `vary` or `cases`");
    return;
  }
  if (plot != nullptr && plot->kind == Node::Kind::map) load_plot(loading, figures, *plot);
  for (const Node& one : items_of(plot, Node::Kind::list)) load_plot(loading, figures, one);
  if (plot != nullptr || sweep.axes.empty()) return;
  for (const char* name : {"latency_p50", "latency_p99"}) {  // unless the file says otherwise
    for (std::size_t i = 0; i < sweep.figures.size(); ++i) {
      const std::size_t x = first_of_numbers(loading);
      if (sweep.figures[i].name == name) sweep.plots.push_back({x, another_axis(loading, x), i});
    }
  }
}

}  // namespace meshtwin
