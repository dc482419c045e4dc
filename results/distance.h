#pragma once

// How far two distributions of latencies are apart, as a whole and not only at some quantiles. Pure.

#include <vector>

#include "mesh/base/time.h"

namespace meshtwin {

// Both take sorted values, of which there are some on either side.

// The Wasserstein-1 distance in nanoseconds: the area between the two distribution functions, which is by how much
// latency must be moved on average to make the one of the other.
double wasserstein(const std::vector<Duration>& a, const std::vector<Duration>& b);

// Kolmogorov's and Smirnov's: the largest difference of the two distribution functions, 0 to 1.
double kolmogorov_smirnov(const std::vector<Duration>& a, const std::vector<Duration>& b);

}  // namespace meshtwin
