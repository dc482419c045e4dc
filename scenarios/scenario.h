#pragma once

// A scenario file, loaded and checked: the plan both worlds are built from, and what the conductor and the results need
// beside it.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/time.h"
#include "mesh/resource/document_text.h"
#include "mesh/roles/plan.h"
#include "mesh/world/link_shape.h"
#include "results/expectation.h"
#include "results/run_subject.h"
#include "scenarios/setting.h"

namespace meshtwin {

struct TimelineAction {
  enum class Kind {
    crash,         // the pods' processes end; their namespaces stay
    app_crash,     // the application alone
    proxy_crash,   // the pods' sidecars, or their nodes' ztunnels
    blackhole,     // everything from and to the pods is lost
    error,         // the application answers 503 for `amount` of the requests (0..1)
    slow,          // compute takes `amount` times as long
    cut,           // the link loses everything
    shape,         // the link becomes `shape`
    restore_pods,  // undoes whatever was done to the pods
    restore_link,  // as the topology has it
    apply,         // `documents` are told to the control plane
    remove,        // they are deleted
    scale,         // of `pods`, the first `count` run
  };
  Time at = 0;
  Kind kind = Kind::crash;
  std::vector<std::size_t> pods;  // places in plan.pods
  std::size_t link = 0;           // place in plan.links
  double amount = 1;
  LinkShape shape;
  std::vector<DocumentText> documents = {};
  std::size_t count = 0;
  std::string service;  // whom it concerns, for the results; empty for links
  std::string zone;     // likewise; empty: every zone
  std::string text;     // as printed: "crash backend in az-a"
};

struct ScenarioLanes {
  std::map<std::size_t, std::string> of_pod;  // by place in plan.pods
  RunSubject::LaneFallback fallback;
};

struct Scenario {
  std::string name;
  std::string file;
  Plan plan;
  std::vector<TimelineAction> timeline;  // by time, then by place in the file
  std::vector<Expectation> expect;
  ScenarioLanes lanes;
  std::uint64_t sources = 0;          // a hash of every text it was read from: the file's, and of those it names
  std::vector<std::string> warnings;  // "file:line: …": accepted, but probably not what was meant
};

struct LoadOptions {
  std::vector<std::string> set;        // "services.backend.workers=4", applied before validation
  std::int64_t seed = -1;              // -1: the file's
  std::vector<Setting> settings = {};  // likewise, after `set`
};

// Both throw Problems (mesh/base/problems.h) with every mistake found. `name` stands for the file in places, and files
// that the scenario refers to are looked for beside it.
Scenario load_scenario(const std::string& path, const LoadOptions& options);
Scenario load_scenario_text(std::string_view text, const std::string& name, const LoadOptions& options);

}  // namespace meshtwin
