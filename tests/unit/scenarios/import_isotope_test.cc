#include "scenarios/import_isotope.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <numeric>

#include "tests/unit/scenarios/example.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

const fs::path kIsotope = "../shared/data/isotope";

std::size_t calls_in(const WorkloadConfig& workload) {
  std::size_t calls = 0;
  for (const HandlerStep& step : workload.handler)
    calls += step.kind == HandlerStep::Kind::call       ? 1
             : step.kind == HandlerStep::Kind::parallel ? step.parallel.size()
                                                        : 0;
  return calls;
}

struct Counts {
  std::size_t services = 0, calls = 0, pods = 0;
  friend bool operator==(const Counts&, const Counts&) = default;
};

Counts counts_of(const Scenario& scenario) {
  Counts counts;
  std::map<std::string, std::size_t> calls;
  for (const PodPlan& pod : scenario.plan.pods) {
    const auto* workload = std::get_if<WorkloadConfig>(&pod.roles.front().config);
    if (workload == nullptr) continue;
    ++counts.pods;
    calls[workload->service] = calls_in(*workload);
  }
  counts.services = calls.size();
  for (const auto& [name, n] : calls) counts.calls += n;
  return counts;
}

// Services, calls and replicas as the collection's own table gives them.
TEST(ImportIsotope, EveryTopologyOfTheCollectionLoads) {
  if (!fs::exists(kIsotope)) GTEST_SKIP() << kIsotope << " is not there";
  const std::map<std::string, Counts> expected = {
      {"1-service.yaml", {1, 0, 1}},
      {"10-svc_10-end.yaml", {10, 9, 10}},
      {"10-svc_100-end.yaml", {19, 18, 190}},
      {"10-svc_1000-end.yaml", {10, 9, 1000}},
      {"10-svc_10000-end.yaml", {10, 9, 10000}},
      {"1000-svc_5000-end.yaml", {1000, 999, 2000}},
      {"canonical-2-replicas.yaml", {4, 5, 8}},
      {"canonical.yaml", {4, 5, 4}},
      {"chain-2-services-different-cluster.yaml", {2, 1, 2}},
      {"chain-2-services-different-namespace.yaml", {2, 1, 2}},
      {"chain-2-services.yaml", {2, 1, 2}},
      {"tree-13-services.yaml", {13, 12, 78}},
  };
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(kIsotope)) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    const std::string file = entry.path().filename();
    ASSERT_TRUE(expected.count(file)) << file;
    for (const unsigned replicas : {0u, 3u}) {
      const std::string text = import_isotope(entry.path(), {.replicas = replicas});
      ASSERT_EQ(problems_of(text), "none") << file << "\n" << text.substr(0, 2000);
      Counts wanted = expected.at(file);
      if (replicas > 0) wanted.pods = wanted.services * replicas;
      const Counts counts = counts_of(load_scenario_text(text, file, {}));
      EXPECT_TRUE(counts == wanted) << file << " with replicas " << replicas << ": " << counts.services << " services, "
                                    << counts.calls << " calls, " << counts.pods << " pods";
    }
  }
  EXPECT_EQ(files, expected.size());
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text)
      : path_(fs::temp_directory_path() / ("meshtwin-isotope-" + std::to_string(::getpid()) + ".yaml")) {
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { fs::remove(path_); }
  std::string path() const { return path_; }

 private:
  fs::path path_;
};

TEST(ImportIsotope, EveryFeature) {
  const TemporaryFile file(R"(
apiVersion: v1alpha1
kind: MockServiceGraph
defaults: {requestSize: 2 KB, responseSize: 10K, errorRate: 5%, numReplicas: 3, numRbacPolicies: 9}
services:
- name: entry
  isEntrypoint: true
  errorRate: 0
  script:
  - sleep: 100ms
  - call: {service: leaf, size: 16KiB, probability: 30, extra-header: {a: b}}
  - - call: leaf
    - call: {service: leaf, size: 0}
- name: leaf
  responseSize: 128
  numReplicas: 1
  script: [[{sleep: 1.5s}, {sleep: 20ms}]]
)");
  const std::string text = import_isotope(file.path(), {});
  const auto has = [&](const char* piece) {
    EXPECT_NE(text.find(piece), std::string::npos) << piece << " in\n" << text;
  };
  has("  entry:\n    pods: {zone-a: 2, zone-b: 1}\n    workers: 64\n    handler:\n    - {compute: 100ms}\n"
      "    - {call: {service: leaf, request: 16KiB, probability: 30%}}\n"
      "    - {parallel: [{service: leaf, request: 2KiB}, leaf]}\n    response: 10KiB\n");
  has("  leaf:\n    pods: {zone-a: 1}\n    workers: 64\n    handler:\n    - {fail: 5%}\n    - {compute: 1500ms}\n    "
      "response: 128B\n");
  has("- {from: zone-a, to: entry, rate: 20/s, request: 2KiB}\n");
  EXPECT_EQ(problems_of(text), "none");
  const std::string together = import_isotope(file.path(), {.zones = 1});
  EXPECT_NE(together.find("  entry:\n    pods: {zone-a: 3}\n"), std::string::npos) << together;
  EXPECT_EQ(problems_of(together), "none");
}

TEST(ImportIsotope, RefusesWithPlace) {
  struct Row {
    const char* text;
    const char* problem;
  };
  const Row rows[] = {
      {"services: []", ":1:11: found no list of services, expected an isotope service graph"},
      {"services:\n- name: a\n  isEntrypoint: true\n  script: [{call: bb}]\n",
       ":4:19: found a call of \"bb\", expected the name of a service"},
      {"services:\n- name: abc\n  isEntrypoint: true\n  script: [{call: abd}]\n",
       ":4:19: found a call of \"abd\", expected the name of a service; did you mean \"abc\"?"},
      {"services:\n- name: a\n  responseSize: 1 TB\n  isEntrypoint: true\n",
       ":3:17: found \"1 TB\", expected a size of at most 1GiB, such as 128 or 1 KB"},
      {"services:\n- name: a\n", ":2:1: found no service with isEntrypoint: true, expected one that takes the load"},
      {"services:\n- name: a\n- name: a\n  isEntrypoint: true\n",
       ":3:9: found a second service \"a\", expected each name once"},
      {"services:\n- name: a\n  isEntrypoint: true\n  script: [{slep: 1s}]\n",
       ":4:12: found a mapping, expected {sleep: …} or {call: …}"},
      {"services:\n- name: a\n  isEntrypoint: true\n  script: [{sleep: 1}]\n",
       ":4:20: found the number 1 (it has no unit (ns, us, ms, s, m or h)), expected a time, such as 100ms"},
  };
  for (const Row& row : rows) {
    const TemporaryFile file(row.text);
    try {
      import_isotope(file.path(), {});
      ADD_FAILURE() << "imported:\n" << row.text;
    } catch (const Problems& problems) {
      EXPECT_EQ(problems.what(), file.path() + row.problem) << row.text;
    }
  }
}

}  // namespace
}  // namespace meshtwin
