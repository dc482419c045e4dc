#pragma once

// A figure of a run's latency taken apart: the requests that stand for it are chosen, each is attributed
// (attribution.h), and the parts are averaged. A mean is all successful sampled requests; a quantile those whose
// latency lies within a band of ranks round it, of all successful requests, sampled or not.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "results/attribution.h"
#include "results/traced_run.h"

namespace meshtwin {

struct Selection {
  std::optional<double> quantile;  // none: the mean
  Time begin = INT64_MIN;          // requests intended in [begin, end)
  Time end = INT64_MAX;
  std::optional<std::uint32_t> load;
  std::string service;  // those of the loads that go to it; empty: all
};

struct Explanation {
  struct Hop {
    std::string hop;
    std::array<double, kPartCount> parts{};  // nanoseconds, mean

    double sum() const;
  };

  std::string world;
  std::size_t requests = 0;  // successful ones among which the figure stands
  std::size_t averaged = 0;  // sampled ones that stand for it
  double low = 0;            // ranks between which they lie, 0..1
  double high = 1;
  Duration figure = 0;  // of all of those requests
  double latency = 0;   // mean of the averaged ones, nanoseconds
  std::vector<Hop> hops;

  double total(Part part) const;
};

Explanation explain(const TracedRun& run, const Selection& selection);

// The request of that number, or of that trace; none: there is none, or it is not sampled.
const RequestRecord* find_request(const TracedRun& run, std::uint32_t load, std::uint64_t number);
const RequestRecord* find_request(const TracedRun& run, const TraceId& trace);

}  // namespace meshtwin
