// Loading a scenario from end to end: guards, tree, overrides, shape, the parts' own checks, the plan.

#include "mesh/base/random.h"
#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/shape.h"
#include "mesh/resource/yaml.h"
#include "scenarios/language.h"
#include "scenarios/loading.h"
#include "scenarios/models.h"
#include "scenarios/override.h"

namespace meshtwin {

namespace {

void load_general(Loading& loading, const LoadOptions& options) {
  Plan& plan = loading.scenario.plan;
  loading.scenario.name = plan.scenario = read_text(&loading.root, "name");
  plan.seed = static_cast<std::uint64_t>(options.seed >= 0 ? options.seed : read_integer(&loading.root, "seed", 1));
  plan.duration = read_time(&loading.root, "duration");
  plan.wire = read_text(&loading.root, "wire") == "real" ? Wire::real : Wire::modelled;
  plan.packet_network = read_text(&loading.root, "network") == "packet";
}

// Pod names are made of service and zone; a-b in c and a in b-c meet.
void check_pod_names(Loading& loading) {
  std::map<std::string, std::string> seen;
  for (const ServiceEntry& service : loading.services) {
    for (const PodGroup& group : service.pods) {
      const std::string name = service.pods_name() + "-" + loading.zone_names[group.zone];
      const auto [other, fresh] = seen.try_emplace(name, service.name);
      if (!fresh)
        loading.problems.add(service.place, "found pods named " + quote(name + "-0") + " here and of " +
                                                quote(other->second) +
                                                ", expected names of services and zones that do not run together");
    }
  }
}

Node the_document(std::string_view text, const std::string& name, ProblemList& problems) {
  std::vector<Node> documents = read_yaml(text, name, problems);
  problems.throw_if_any();  // a tree that is not sound would only bring on more
  if (documents.size() == 1 && documents.front().kind == Node::Kind::map) return std::move(documents.front());
  const std::string found = documents.empty()       ? "an empty file"
                            : documents.size() == 1 ? describe(documents.front())
                                                    : "a second document";
  problems.add(documents.empty() ? Place{name, 1, 1} : documents.back().place(),
               "found " + found + ", expected one scenario: a mapping that begins with schema: 1");
  problems.throw_if_any();
  return {};
}

}  // namespace

Scenario load_scenario_text(std::string_view text, const std::string& name, const LoadOptions& options) {
  ProblemList problems;
  Node root = the_document(text, name, problems);
  for (const std::string& setting : options.set) apply_override(root, scenario_shape(), setting, problems);
  for (const Setting& setting : options.settings) apply_override(root, scenario_shape(), setting, problems);
  check_shape(root, scenario_shape(), problems);

  Loading loading{root, problems};
  loading.scenario.file = name;
  loading.scenario.sources = hash_text(text);
  load_general(loading, options);
  load_topology(loading);
  load_mesh(loading);
  load_resources(loading);
  load_workloads(loading);
  load_services(loading);
  load_loads(loading);
  check_rule_hosts(loading);
  check_reachability(loading);
  check_pod_names(loading);
  load_timeline(loading);
  load_expectations(loading);
  problems.throw_if_any();

  compile_pods(loading);
  note_lanes(loading);
  auto& warnings = loading.scenario.warnings;
  warnings.insert(warnings.begin(), loading.resources.warnings.begin(), loading.resources.warnings.end());
  return std::move(loading.scenario);
}

Scenario load_scenario(const std::string& path, const LoadOptions& options) {
  std::string text;
  try {
    text = read_text_file(path, kYamlBytesMost);
  } catch (const Problem& problem) {
    throw Problems({problem});
  }
  return load_scenario_text(text, path, options);
}

}  // namespace meshtwin
