#include "results/phases.h"

#include <algorithm>

namespace meshtwin {

std::vector<Phase> phases_between(const std::vector<RunSubject::Mark>& marks, Duration duration) {
  std::vector<Phase> phases(1);
  phases[0].name = "start";
  std::vector<RunSubject::Mark> ordered = marks;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const RunSubject::Mark& a, const RunSubject::Mark& b) { return a.at < b.at; });
  bool named = false;  // the current phase began with an action
  for (const RunSubject::Mark& mark : ordered) {
    if (mark.at >= duration) break;
    Phase& current = phases.back();
    if (mark.at <= current.begin) {
      current.name = named ? current.name + ", " + mark.text : "after " + mark.text;
    } else {
      current.end = mark.at;
      Phase next;
      next.name = "after " + mark.text;
      next.begin = mark.at;
      phases.push_back(std::move(next));
    }
    named = true;
  }
  phases.back().end = duration;
  return phases;
}

std::size_t phase_at(const std::vector<Phase>& phases, Time at) {
  std::size_t place = phases.size() - 1;
  while (place > 0 && at < phases[place].begin) --place;
  return place;
}

Duration slice_width(Duration duration) {
  constexpr int kMost = 80;
  for (Duration decade = 10 * kMillisecond;; decade *= 10) {
    for (const int step : {1, 2, 5}) {
      const Duration width = step * decade;
      if ((duration + width - 1) / width <= kMost) return width;
    }
  }
}

}  // namespace meshtwin
