#include "tests/unit/scenarios/example.h"

namespace meshtwin {
namespace {

std::string problems_with(const std::string& setting) {
  return problems_of(kExample, {.set = {setting}});
}

const WorkloadConfig& workload_of(const Scenario& scenario, std::size_t pod) {
  return std::get<WorkloadConfig>(scenario.plan.pods[pod].roles[0].config);
}

TEST(Override, PutsValuesIn) {
  const Scenario scenario = load_scenario_text(
      kExample, "f.yaml",
      {.set = {"services.backend.workers=4", "services.frontend.workers=32",  // there, and not yet there
               "load.0.rate=[{at: 1s, rate: 5/s}]", "services.backend.pods.az-b=7", "mesh.discovery.gone=3s",
               "services.backend.labels.app.tier=x", "duration=50s", "duration=60s", "topology.links.0.rtt=9ms"}});
  EXPECT_EQ(workload_of(scenario, 2).workers, 4u);
  EXPECT_EQ(workload_of(scenario, 0).workers, 32u);
  EXPECT_EQ(scenario.plan.duration, 60 * kSecond) << "the last of two counts";
  EXPECT_EQ(scenario.plan.pods.size(), 2u + 3u + 7u + 2u);
  EXPECT_EQ(scenario.plan.links[0].shape.rtt, 9 * kMillisecond);
  const auto& control = std::get<ControlPlaneConfig>(scenario.plan.pods.back().roles[0].config);
  EXPECT_EQ(control.pods.at(2).labels.at("app.tier"), "x") << "a dot in the key of a mapping of texts";
  EXPECT_EQ(control.gone, 3 * kSecond);
  const auto& load = std::get<LoadConfig>(scenario.plan.pods[scenario.plan.pods.size() - 2].roles[0].config);
  EXPECT_EQ(load.rate.at(0).at, kSecond);
}

struct Row {
  const char* setting;
  const char* problems;
};

TEST(Override, RefusesWithPlaceAndNearestName) {
  const Row rows[] = {
      {"services.bakend.workers=4",
       "--set services.bakend.workers=4:1:10: found the unknown name \"bakend\", expected one of frontend, backend; "
       "did you "
       "mean \"backend\"?"},
      {"services.backend.wrkers=4",
       "--set services.backend.wrkers=4:1:18: found the unknown key \"wrkers\", expected one of pods, service, "
       "namespace, node, exec, workers, handler, response, forward_headers, calls_must_succeed, ports, labels, "
       "version, service_account; did you mean \"workers\"?"},
      {"services.backend.workers=many",
       "--set services.backend.workers=many:1:26: found \"many\", expected a whole number from 1 to 1000000"},
      {"services.backend.pods.az-c=1",
       "--set services.backend.pods.az-c=1:1:23: found \"az-c\", expected the name of a zone (az-a, az-b); did you "
       "mean "
       "\"az-a\"?"},
      {"services.backend.workers.deep=1",
       "--set services.backend.workers.deep=1:1:26: found \"deep\" inside the number 8, expected no further step here"},
      {"load.1.rate=5/s",
       "--set load.1.rate=5/s:1:6: found \"1\" for an item of a list, expected a number from 0 to 0"},
      {"load.x.rate=5/s",
       "--set load.x.rate=5/s:1:6: found \"x\" for an item of a list, expected a number from 0 to 0"},
      {"workers", "--set workers:1:1: found \"workers\", expected path=value"},
      {"=3", "--set =3:1:1: found \"=3\", expected path=value"},
      {"seed=", "--set seed=:1:6: found nothing, expected a whole number of at least 0"},
      {"services.backend.workers={a: 1, a: 2}",
       "--set services.backend.workers={a: 1, a: 2}:1:33: found the key \"a\" a second time, expected it once"},
      {"duration=20s",
       "f.yaml:23:8: found 26s, expected a time before the end at 20s\n"
       "f.yaml:26:83: found 26s, expected at most the duration, 20s"},
  };
  for (const Row& row : rows) EXPECT_EQ(problems_with(row.setting), row.problems) << row.setting;
}

}  // namespace
}  // namespace meshtwin
