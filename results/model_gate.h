#pragma once

// Expectations of the model's error, held against a comparison of both worlds. An error's size counts, not its sign,
// and the estimate, not its interval.

#include <vector>

#include "results/comparison.h"
#include "results/expectation.h"

namespace meshtwin {

// One for each of `expectations` that is of the model, in their order.
std::vector<ModelVerdict> judge_model(const Comparison& comparison, const std::vector<Expectation>& expectations);

}  // namespace meshtwin
