#include "emu/role_config_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "emu/role_protocol.h"

namespace meshtwin {
namespace {

using Json = nlohmann::json;

DurationModel some_durations() {
  return {DurationModel::Kind::histogram, 11, 12, 0.75, {{13, 0.25}, {14, 0.5}}};
}

CallStep some_call(const std::string& service) {
  return {service, 8081, 2048, 0.625, "PUT", "/x", {{"x-a", "b"}}};
}

WorkloadConfig some_workload() {
  HandlerStep step;
  step.kind = HandlerStep::Kind::fail;
  step.compute = some_durations();
  step.cpu = true;
  step.call = some_call("a");
  step.parallel = {some_call("b"), some_call("c")};
  step.fail_probability = 0.1;  // not a binary fraction: must come back to the bit
  step.fail_status = 503;
  return {"backend", 9090, 8, 4096, {step}, false, 7, {"end-user"}};
}

LoadConfig some_load() {
  LoadConfig load;
  load.index = 3;
  load.service = "frontend";
  load.port = 81;
  load.host = "backend";
  load.method = "POST";
  load.path = "/caf\xc3\xa9";
  load.headers = {{"x-a", "1"}, {"x-b", ""}};
  load.request_bytes = 1ULL << 40;
  load.arrivals = LoadConfig::Arrivals::constant;
  load.rate = {{-5, 199.9, true}};
  load.clients = 17;
  load.think = some_durations();
  load.begin = 1;
  load.end = 1LL << 60;
  load.timeout = 5;
  load.grace = 6;
  load.tracing = {0.25, Propagation::b3multi};
  return load;
}

ControlPlaneConfig some_control_plane() {
  return {15011,
          15013,
          DataPlane::ambient,
          Mtls::strict,
          "example.org",
          5,
          {{"backend", "backend.default", 7, {{"http", 8080, "http", 80}}, "waypoint", {{"app", "x"}}, "PreferClose"}},
          {{9,
            "backend-0",
            "backend",
            10,
            {"r", "z", "s"},
            {{"app", "b"}},
            "sa",
            "node-0",
            false,
            true,
            "backend",
            "shop",
            false}},
          {{"kind: \"x\"", "x.yaml", 7}},
          1,
          2,
          3,
          4,
          5,
          true};
}

SpiffeId some_identity() {
  return {"example.org", "ns", "sa"};
}

TelemetryConfig some_telemetry() {
  return {{"w", "ns", "app", "v2", "cluster-2"}, "backend.ns.svc", 3, AccessLogFormat::json};
}

ZtunnelConfig some_ztunnel() {
  return {"node", 4,  "az-a-node-0", {5, 6},          7, {{8, "p", "ambient~p", 9, 10, some_identity()}},
          11,     12, {13, 14},      some_telemetry()};
}

void collect_leaves(const Json& json, const std::string& path, std::map<std::string, Json>& leaves) {
  if (!json.is_structured()) {
    leaves[path] = json;
    return;
  }
  std::size_t i = 0;
  for (const auto& [key, value] : json.items()) {
    collect_leaves(value, path + "/" + (json.is_array() ? std::to_string(i++) : key), leaves);
  }
}

struct Row {
  const char* name;
  RoleConfig filled;  // no field has its default
  RoleConfig plain;
};

class RoleConfigJson : public ::testing::TestWithParam<Row> {};

TEST_P(RoleConfigJson, ComesBackWithEveryField) {
  const std::string text = to_json_text(GetParam().filled);
  const RoleConfig back = role_config_from_json(text);
  EXPECT_EQ(back.index(), GetParam().filled.index());
  EXPECT_EQ(to_json_text(back), text);
  // That nothing was lost on both ways alike: what was filled differs in every field from what was not.
  const Json filled = Json::parse(text).at(1);
  const Json plain = Json::parse(to_json_text(GetParam().plain)).at(1);
  EXPECT_EQ(filled.size(), plain.size());
  for (const auto& [key, value] : filled.items()) EXPECT_NE(value, plain.at(key)) << key;
}

TEST_P(RoleConfigJson, RefusesAMissingField) {
  const Json whole = Json::parse(to_json_text(GetParam().filled));
  for (const auto& [key, value] : whole.at(1).items()) {
    Json broken = whole;
    broken.at(1).erase(key);
    EXPECT_THROW(role_config_from_json(broken.dump()), std::exception) << key;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, RoleConfigJson,
    ::testing::Values(
        Row{"workload", some_workload(), WorkloadConfig()},
        Row{"sidecar",
            SidecarConfig{"node",
                          4,
                          {5, 6},
                          16,
                          some_identity(),
                          Mtls::strict,
                          7,
                          AppProtocol::tcp,
                          8,
                          9,
                          true,
                          {0.5, Propagation::b3},
                          {5, 6},
                          21,
                          some_telemetry()},
            SidecarConfig()},
        Row{"ztunnel", some_ztunnel(), ZtunnelConfig()},
        Row{"waypoint",
            WaypointConfig{
                "node", 4, {5, 6}, 7, some_identity(), true, {0.5, Propagation::b3}, {5, 6}, 21, some_telemetry()},
            WaypointConfig()},
        Row{"gateway",
            GatewayConfig{"node",
                          4,
                          {5, 6},
                          7,
                          some_identity(),
                          {80},
                          true,
                          {0.5, Propagation::b3},
                          {5, 6},
                          21,
                          some_telemetry()},
            GatewayConfig()},
        Row{"program", ProgramConfig{{"nginx"}, some_workload()}, ProgramConfig()},
        Row{"control_plane", some_control_plane(), ControlPlaneConfig()}, Row{"load", some_load(), LoadConfig()}),
    [](const auto& info) { return info.param.name; });

TEST(RoleConfigJsonText, NestedFieldsComeBackToTheBit) {
  const RoleConfig back = role_config_from_json(to_json_text(RoleConfig(some_workload())));
  const HandlerStep& step = std::get<WorkloadConfig>(back).handler.at(0);
  EXPECT_EQ(step.fail_probability, 0.1);
  EXPECT_EQ(step.compute.bins.at(1).share, 0.5);
  EXPECT_EQ(step.parallel.at(1).service, "c");
  EXPECT_EQ(step.call.probability, 0.625);
  const RoleConfig control = role_config_from_json(to_json_text(RoleConfig(some_control_plane())));
  const DocumentText& document = std::get<ControlPlaneConfig>(control).documents.at(0);
  EXPECT_EQ(document.text, "kind: \"x\"");
  EXPECT_EQ(document.line, 7);
  EXPECT_EQ(std::get<ControlPlaneConfig>(control).pods.at(0).labels.at("app"), "b");
}

TEST(RoleConfigJsonText, EveryLeafOfAFilledConfigurationIsReadBack) {
  // Each leaf is changed in turn; what is read must change with it.
  for (const RoleConfig& config :
       {RoleConfig(some_workload()), RoleConfig(some_control_plane()), RoleConfig(some_load())}) {
    const Json whole = Json::parse(to_json_text(config));
    std::map<std::string, Json> leaves;
    collect_leaves(whole.at(1), "/1", leaves);
    for (const auto& [path, value] : leaves) {
      Json changed = whole;
      Json& leaf = changed[Json::json_pointer(path)];
      leaf = value.is_string()    ? Json(value.get<std::string>() + "!")
             : value.is_boolean() ? Json(!value.get<bool>())
                                  : Json(1);
      if (leaf == value) leaf = 2;
      EXPECT_EQ(Json::parse(to_json_text(role_config_from_json(changed.dump()))), changed) << path;
    }
  }
}

TEST(RoleSetupJson, ComesBackWithEveryField) {
  const RoleSetup setup{"backend-0/app", some_workload(), 1ULL << 63, 5, {{"backend", {1, 2}}}, {{3, 4}}, 1LL << 62};
  const RoleSetup back = role_setup_from_json(to_json_text(setup));
  EXPECT_EQ(to_json_text(back), to_json_text(setup));
  EXPECT_EQ(back.seed, 1ULL << 63);
  EXPECT_EQ(back.hosts.at("backend"), (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(back.pod_of_ip.at(3), 4u);
  EXPECT_EQ(back.time_zero, 1LL << 62);
}

}  // namespace
}  // namespace meshtwin
