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
      const std::string name = service.name + "-" + loading.zone_names[group.zone];
      const auto [other, fresh] = seen.try_emplace(name, service.name);
      if (!fresh)
        loading.problem(*service.key, "found pods named " + quote(name + "-0") + " here and of " +
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
  load_services(loading);
  load_loads(loading);
  load_resources(loading);
  check_reachability(loading);
  check_pod_names(loading);
  load_timeline(loading);
  load_expectations(loading);
  problems.throw_if_any();

  compile_pods(loading);
  note_lanes(loading);
  loading.scenario.warnings = std::move(loading.resources.warnings);
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

void load_resources(Loading& loading) {
  for (const Node& node : items_of(loading.root.find("resources"), Node::Kind::list)) {
    const Node* file = node.find("file");
    if (file == nullptr) {
      add_resource(node, loading.resources, loading.problems);
      continue;
    }
    static const ShapePtr file_shape = object({{"file", scalar(Shape::Kind::text), true, {}}});
    const std::size_t before = loading.problems.size();
    check_shape(node, *file_shape, loading.problems);
    if (loading.problems.size() != before) continue;
    try {
      const std::string path = beside(loading, file->text);
      for (const Node& document :
           read_yaml(loading.source(read_text_file(path, kYamlBytesMost)), path, loading.problems))
        add_resource(document, loading.resources, loading.problems);
    } catch (const Problem& problem) {
      loading.problem(*file, problem.text());
    }
  }
  for (const Node& host : loading.resources.hosts) {
    Node service = host;
    for (const char* suffix : {".svc.cluster.local", ".svc", ".default"})
      if (service.text.ends_with(suffix)) service.text.resize(service.text.size() - std::string_view(suffix).size());
    loading.service(&service);
  }
}

}  // namespace meshtwin
