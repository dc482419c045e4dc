#pragma once

// The stretches between timeline actions, and the equal slices charts are drawn from: which of them a moment lies in.

#include <string>
#include <vector>

#include "results/run_subject.h"
#include "results/summary.h"

namespace meshtwin {

// At least one; they cover [0, duration) without gaps. Actions at the same moment begin one phase; actions at or after
// the run's duration begin none.
std::vector<Phase> phases_between(const std::vector<RunSubject::Mark>& marks, Duration duration);

// The first phase holds what lies before it, the last what lies after it.
std::size_t phase_at(const std::vector<Phase>& phases, Time at);

// 1, 2 or 5 times a power of ten, at least 10 ms, the smallest that makes at most 80 slices of the duration.
Duration slice_width(Duration duration);

}  // namespace meshtwin
