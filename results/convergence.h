#pragma once

// How long a change of documents takes to be in force: from when the control plane was told of it to when the first and
// the last of the proxies that it concerns have taken it over. Defined in README.md.

#include <cstdint>
#include <string>
#include <vector>

#include "mesh/base/time.h"
#include "results/run_store.h"

namespace meshtwin {

struct Convergence {
  Time at = 0;          // when the control plane was told
  std::string version;  // "version 3"
  std::uint64_t proxies = 0;
  Duration first = 0;  // from `at`; 0 without proxies
  Duration last = 0;

  friend bool operator==(const Convergence&, const Convergence&) = default;
};

// By time.
std::vector<Convergence> convergences_of(const RunStore& store);

}  // namespace meshtwin
