#pragma once

// The figures of a run by their names, for whoever holds many runs beside each other: comparisons of sets, sweeps. One
// list, so that a figure has one name, one unit and one definition (README.md) wherever it is shown.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "results/summary.h"

namespace meshtwin {

struct Figure {
  std::string name;   // latency_p50, cpu_us_per_request.sidecar
  std::string title;  // "latency p50, ms"
  bool more_is_worse = true;
  bool is_share = false;  // 0..1
  std::function<std::optional<double>(const Summary&)> of;
  bool is_count = false;  // of whole things
};

// What names of figures may speak of, of one scenario or of several.
struct FigureSubjects {
  std::vector<std::string> kinds;  // of roles
  std::vector<std::string> services;
  std::vector<std::string> zones;
};

// Whatever the name speaks of; nothing when no figure is called so.
std::optional<Figure> find_figure(const std::string& name);

// Every figure there is for these.
std::vector<std::string> figure_names(const FigureSubjects& subjects);

// CPU time of the roles of a kind, a request.
Figure cpu_figure(const std::string& kind);

// What every comparison of sets looks at, and CPU by kind.
std::vector<Figure> usual_figures(const std::vector<std::string>& kinds);

double median_of(std::vector<double> values);  // not empty

}  // namespace meshtwin
