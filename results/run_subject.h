#pragma once

// What the results need to know of the run they judge, beside its records: who the pods are, what the timeline did and
// when, and what was expected. Plain data, filled from the scenario by whoever runs it, so that results depend on no
// plan.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mesh/base/time.h"
#include "results/expectation.h"

namespace meshtwin {

struct RunSubject {
  struct Pod {
    std::string name;
    std::string service;  // empty: serves nothing (a load generator, the control plane)
    std::string zone;
    std::string node = {};
    std::string address = {};
    std::string lane = {};     // which lane it is in; empty: none
    std::string version = {};  // its label
  };
  struct Link {
    std::string zone_a;
    std::string zone_b;
    Duration rtt = 0;
    Duration jitter = 0;
    double loss = 0;
    std::int64_t bandwidth_bps = 0;
  };

  // Who serves a request of a lane where its own lane has no pods.
  struct LaneFallback {
    std::string lane;                               // the baseline; empty: none
    std::map<std::string, std::string> by_service;  // goes before it
    bool strict = false;                            // without a lane to fall back to nobody may; otherwise anybody
  };

  // A timeline action. Those that fail a service in a zone, and those that end that, bound a failover.
  struct Mark {
    enum class Kind { fail, restore, other };
    Time at = 0;
    Kind kind = Kind::other;
    std::string service;  // empty: none in particular
    std::string zone;     // empty: every zone
    std::string text;     // "crash backend in az-a"
  };

  std::string scenario;
  std::string world;  // "sim" or "emu"
  std::uint64_t seed = 0;
  Duration duration = 0;
  std::vector<Pod> pods;  // in the plan's order: records name pods by place
  std::vector<std::string> zones;
  std::vector<Link> links;
  std::vector<std::string> services;
  std::vector<std::string> loads;  // in the scenario's order: "200/s from az-a to frontend"
  // Likewise, who to whom, no two the same: "az-a to frontend".
  std::vector<std::string> routes = {};
  std::map<std::string, std::string> pod_by_ip = {};  // "10.1.0.7": its name
  LaneFallback lane_fallback = {};
  std::vector<Mark> marks;  // by time
  std::vector<Expectation> expectations;
  // Facts that follow from the inputs alone (cost profile, network model, version); never of the host or the hour.
  std::map<std::string, std::string> provenance;
};

}  // namespace meshtwin
