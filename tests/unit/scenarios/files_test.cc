// Files that a scenario refers to: documents and rate tables beside it.

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "mesh/resource/document_io.h"
#include "tests/unit/scenarios/example.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

class ScenarioFiles : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  // Problems with the folder cut off, or "none".
  std::string problems(const std::string& path) const {
    std::string text = "none";
    try {
      load_scenario(path, {});
    } catch (const Problems& all) {
      text = all.what();
    }
    for (std::size_t at; (at = text.find(folder_.string() + "/")) != text.npos;)
      text.erase(at, folder_.string().size() + 1);
    return text;
  }

  const fs::path folder_ = fs::temp_directory_path() / ("meshtwin-scenario-" + std::to_string(::getpid()));
};

const char* const kRules = R"(apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: one}
spec:
  host: backend.default.svc.cluster.local
  trafficPolicy: {outlierDetection: {interval: 1.5s}}
---
apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: {name: two}
spec: {host: frontend}
)";

TEST_F(ScenarioFiles, DocumentsBesideTheScenario) {
  write("rules.yaml", kRules);
  const std::string path = write("s.yaml", with(kExample, "load:\n", "resources: [{file: rules.yaml}]\nload:\n"));
  ASSERT_EQ(problems(path), "none");
  const Scenario scenario = load_scenario(path, {});
  const auto& config = std::get<ControlPlaneConfig>(scenario.plan.pods.back().roles[0].config);
  ASSERT_EQ(config.documents.size(), 2u);
  const Resources resources = read_documents(config.documents);
  ASSERT_EQ(resources.destination_rules.size(), 2u);
  EXPECT_EQ(resources.destination_rules[0].traffic_policy.outlier_detection->interval, 1500 * kMillisecond);
  EXPECT_EQ(resources.destination_rules[1].host, "frontend");
}

TEST_F(ScenarioFiles, MistakesInDocumentsHaveTheirOwnPlace) {
  write("rules.yaml", with(with(kRules, "host: frontend", "host: fronted"), "interval: 1.5s", "intervall: 1s"));
  const std::string path = write("s.yaml", with(kExample, "load:\n", "resources: [{file: rules.yaml}]\nload:\n"));
  EXPECT_EQ(problems(path),
            "rules.yaml:6:38: found the unknown key \"intervall\", expected one of consecutive5xxErrors, "
            "consecutiveGatewayErrors, splitExternalLocalOriginErrors, consecutiveLocalOriginFailures, interval, "
            "baseEjectionTime, maxEjectionPercent, minHealthPercent; did you mean \"interval\"?\n"
            "rules.yaml:11:14: found \"fronted\", expected the name of a service (frontend, backend); did you mean "
            "\"frontend\"?");
}

TEST_F(ScenarioFiles, RateTable) {
  write("r.csv", "time,rate\r\n0s,10/s\n2.5s,90/m\n\n20s,0/s\n");
  const std::string path = write("s.yaml", with(kExample, "rate: 200/s", "rate: {file: r.csv, ramp: true}"));
  ASSERT_EQ(problems(path), "none");
  const Scenario scenario = load_scenario(path, {});
  const auto& rate = std::get<LoadConfig>(scenario.plan.pods[7].roles[0].config).rate;
  ASSERT_EQ(rate.size(), 3u);
  EXPECT_EQ(rate[1].at, 2500 * kMillisecond);
  EXPECT_EQ(rate[1].per_second, 1.5);
  EXPECT_TRUE(rate[0].ramp && rate[1].ramp && !rate[2].ramp);
}

TEST_F(ScenarioFiles, MistakesInRateTables) {
  struct Row {
    const char* csv;
    const char* problems;
  };
  const Row rows[] = {
      {"", "r.csv: found no line with a rate, expected at least one"},
      {"seconds,rate\n0s,1/s\n", "r.csv:1:1: found \"seconds,rate\", expected the header \"time,rate\""},
      {"time,rate\n0,1/s\n1s,1\n2s\n",
       "r.csv:2:1: found \"0\" (it has no unit (ns, us, ms, s, m or h)), expected a time, such as 10s\n"
       "r.csv:3:4: found \"1\" (it has no unit (/s or /m)), expected a rate, such as 200/s\n"
       "r.csv:4:3: found \"\" (it does not begin with a number), expected a rate, such as 200/s"},
      {"time,rate\n5s,1/s\n5s,2/s\n", "r.csv:3:1: found 5s after 5s, expected later times line by line"},
      {"time,rate\n0s,99999999/s\n", "r.csv:2:4: found \"99999999/s\", expected at most 10000000/s"},
      {"time,rate\n0s,0/s\n", "s.yaml:20:36: found a rate of 0 throughout, expected a rate above 0 somewhere"},
      {"time,rate\n0s,1/s\xff\n", "r.csv:2:7: found the byte 0xff, which is not UTF-8, expected text in UTF-8"},
  };
  const std::string path = write("s.yaml", with(kExample, "rate: 200/s", "rate: {file: r.csv}"));
  for (const Row& row : rows) {
    write("r.csv", row.csv);
    EXPECT_EQ(problems(path), row.problems) << row.csv;
  }
}

TEST_F(ScenarioFiles, ALargeFileIsRefusedUnread) {
  const std::string path = write("s.yaml", "");
  fs::resize_file(path, 100'000'000);
  EXPECT_EQ(problems(path), "s.yaml: found 100000000 bytes, expected at most 4194304");
}

TEST_F(ScenarioFiles, WarnsOfLocalityWithoutOutlierDetection) {
  const std::string path = write("s.yaml", with(kExample, "load:\n", R"(resources:
- {apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: x},
   spec: {host: backend, trafficPolicy: {loadBalancer: {localityLbSetting: {enabled: true}}}}}
load:
)"));
  const Scenario scenario = load_scenario(path, {});
  ASSERT_EQ(scenario.warnings.size(), 1u);
  EXPECT_EQ(scenario.warnings[0],
            path +
                ":20:3: DestinationRule \"x\" has localityLbSetting without outlierDetection: Istio "
                "then never fails over to another zone");
}

}  // namespace
}  // namespace meshtwin
