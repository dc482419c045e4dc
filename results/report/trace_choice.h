#pragma once

// Which of a run's sampled requests the page shows as waterfalls. Not any: those somebody would look for (the slowest,
// the failed, the retried, those on which the worlds disagree most), and for the rest some spread evenly over the run,
// so that the usual is seen beside the unusual. Each says why it is there.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mesh/base/time.h"
#include "results/report/rows.h"

namespace meshtwin {

struct TracedRequest {
  Duration latency = 0;
  std::string failure;
  std::uint16_t status = 0;
  bool retried = false;
};

struct ChosenTrace {
  std::string id;
  std::string why;  // slowest, failed, retried, worlds apart, spread
  std::int64_t load = 0;
  std::int64_t number = 0;
  Time intended = 0;
  std::map<std::string, TracedRequest> worlds;
};

struct TraceChoice {
  std::map<std::string, std::uint64_t> sampled;  // by world
  std::uint64_t in_both = 0;
  std::vector<ChosenTrace> chosen;  // by intended instant
};

// `stores` by world. At most `most` traces.
TraceChoice choose_traces(const std::map<std::string, const Database*>& stores, std::size_t most);

}  // namespace meshtwin
