// What good scenarios become.

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/unit/scenarios/example.h"

namespace meshtwin {
namespace {

using testing::ElementsAre;

Scenario load(const std::string& text, const LoadOptions& options = {}) {
  try {
    return load_scenario_text(text, "f.yaml", options);
  } catch (const Problems& problems) {
    ADD_FAILURE() << problems.what();
    return {};
  }
}

// A line for each pod: name, address, node, capture, roles.
std::vector<std::string> pods_of(const Plan& plan) {
  std::vector<std::string> lines;
  for (const PodPlan& pod : plan.pods) {
    std::string line = pod.name + " " + ip_to_string(pod.ip) + " " + plan.nodes[pod.node].name +
                       (pod.capture != Capture::none ? " captured" : "");
    for (const RolePlan& role : pod.roles) line += " " + role.name;
    lines.push_back(line);
    EXPECT_EQ(plan.nodes[pod.node].zone, pod.zone) << pod.name;
  }
  return lines;
}

template <typename Config>
const Config& config_of(const Plan& plan, const std::string& role) {
  for (const PodPlan& pod : plan.pods)
    for (const RolePlan& candidate : pod.roles)
      if (candidate.name == role) return std::get<Config>(candidate.config);
  throw std::runtime_error("no role " + role);
}

TEST(Plan, PodsOfAMesh) {
  const Plan plan = load(kExample).plan;
  EXPECT_THAT(
      pods_of(plan),
      ElementsAre("frontend-az-a-0 10.1.0.2 az-a-node-0 captured frontend-az-a-0/workload frontend-az-a-0/sidecar",
                  "frontend-az-b-0 10.2.0.2 az-b-node-0 captured frontend-az-b-0/workload frontend-az-b-0/sidecar",
                  "backend-az-a-0 10.1.0.3 az-a-node-0 captured backend-az-a-0/workload backend-az-a-0/sidecar",
                  "backend-az-a-1 10.1.0.4 az-a-node-1 captured backend-az-a-1/workload backend-az-a-1/sidecar",
                  "backend-az-a-2 10.1.0.5 az-a-node-0 captured backend-az-a-2/workload backend-az-a-2/sidecar",
                  "backend-az-b-0 10.2.0.3 az-b-node-0 captured backend-az-b-0/workload backend-az-b-0/sidecar",
                  "backend-az-b-1 10.2.0.4 az-b-node-0 captured backend-az-b-1/workload backend-az-b-1/sidecar",
                  "load-0 10.1.0.6 az-a-node-0 captured load-0/load load-0/sidecar",
                  "control-plane 10.1.0.7 az-a-node-0 control-plane/control-plane"));
  EXPECT_EQ(plan.hosts.at("backend"), std::vector<std::uint32_t>{0x0a600002});
  for (const char* name : {"backend.default", "backend.default.svc", "backend.default.svc.cluster.local"})
    EXPECT_EQ(plan.hosts.at(name), plan.hosts.at("backend")) << name;
  EXPECT_EQ(plan.hosts.size(), 8u);
}

TEST(Plan, PodsGoToTheNodeThatIsNamed) {
  const Plan plan = load(with(with(kExample, "to: frontend", "to: frontend, node: az-a-node-1"), "  backend:\n",
                              "  backend:\n    node: az-a-node-1\n"))
                        .plan;
  for (const PodPlan& pod : plan.pods) {
    const bool named = pod.name.starts_with("backend-az-a") || pod.name == "load-0";
    EXPECT_EQ(plan.nodes[pod.node].name, named ? "az-a-node-1" : plan.zones[pod.zone].name + "-node-0") << pod.name;
  }
}

TEST(Plan, AccelerationBringsItsCapture) {
  EXPECT_EQ(load(kExample).plan.capture_by, CaptureBy::nftables);
  const Plan plan = load(with(kExample, "{mode: sidecar}", "{mode: sidecar, acceleration: ebpf}")).plan;
  EXPECT_TRUE(plan.accelerate);
  EXPECT_EQ(plan.capture_by, CaptureBy::ebpf);
  EXPECT_FALSE(plan.allow_without_ebpf);
}

TEST(Plan, Sidecars) {
  const Plan plan =
      load(with(kExample, "{mode: sidecar}", "{mode: sidecar, probe: {interval: 200ms, failures: 2}}")).plan;
  const auto& backend = config_of<SidecarConfig>(plan, "backend-az-a-1/sidecar");
  EXPECT_EQ(backend.node_id, "sidecar~10.1.0.4~backend-az-a-1.default~default.svc.cluster.local");
  EXPECT_EQ(backend.pod, 3u);
  EXPECT_EQ(to_string(backend.control_plane), "10.1.0.7:15010");
  EXPECT_EQ(backend.app_port, 8080);
  EXPECT_EQ(backend.probe_interval, 200 * kMillisecond);
  EXPECT_EQ(backend.probe_failures, 2u);
  EXPECT_EQ(config_of<SidecarConfig>(plan, "load-0/sidecar").app_port, 0);
}

TEST(Plan, ControlPlane) {
  std::string text =
      with(kExample, "{mode: sidecar}",
           "{mode: sidecar, control_plane: {zone: az-b}, discovery: {gone: 4s, keepalive: 1s, debounce: 0s}}");
  text = with(text, "    workers: 8\n",
              "    workers: 8\n    version: v2\n    labels: {tier: low}\n    service_account: store\n"
              "    ports: [{name: main, port: 80}, {name: admin, port: 81, protocol: tcp}]\n");
  const Plan plan = load(text).plan;
  EXPECT_EQ(plan.pods.back().name, "control-plane");
  EXPECT_EQ(plan.pods.back().zone, 1u);
  const auto& config = config_of<ControlPlaneConfig>(plan, "control-plane/control-plane");
  EXPECT_EQ(config.gone, 4 * kSecond);
  EXPECT_EQ(config.keepalive, kSecond);
  EXPECT_EQ(config.debounce, 0);
  ASSERT_EQ(config.services.size(), 2u);
  EXPECT_EQ(config.services[1].host, "backend.default.svc.cluster.local");
  EXPECT_EQ(ip_to_string(config.services[1].vip), "10.96.0.2");
  ASSERT_EQ(config.services[1].ports.size(), 2u);
  EXPECT_EQ(config.services[1].ports[1].name, "admin");
  EXPECT_EQ(config.services[1].ports[1].protocol, "tcp");
  ASSERT_EQ(config.pods.size(), 8u);  // all with a sidecar
  const PodDeclaration& pod = config.pods[3];
  EXPECT_EQ(pod.name, "backend-az-a-1");
  EXPECT_EQ(pod.pod, 3u);
  EXPECT_EQ(pod.locality, (Locality{"north", "az-a", ""}));
  EXPECT_EQ(config.pods[1].locality, (Locality{"region-1", "az-b", ""}));
  EXPECT_EQ(pod.labels, (std::map<std::string, std::string>{{"app", "backend"}, {"tier", "low"}, {"version", "v2"}}));
  EXPECT_EQ(pod.service_account, "store");
  EXPECT_EQ(config.pods[7].service, "");
  // Callers dial the first port, and so does the workload listen.
  EXPECT_EQ(config_of<WorkloadConfig>(plan, "frontend-az-a-0/workload").handler[1].call.port, 80);
  EXPECT_EQ(config_of<WorkloadConfig>(plan, "backend-az-a-0/workload").port, 80);
}

TEST(Plan, WithoutMesh) {
  const Plan meshed = load(kExample).plan;
  const Plan plan = load(with(kExample, "sidecar", "none")).plan;
  EXPECT_EQ(plan.pods.size(), 8u);
  for (std::size_t i = 0; i < plan.pods.size(); ++i) {
    EXPECT_EQ(plan.pods[i].roles.size(), 1u);
    EXPECT_EQ(plan.pods[i].capture, Capture::none);
    EXPECT_EQ(plan.pods[i].ip, meshed.pods[i].ip) << "the same addresses with and without a mesh";
  }
  EXPECT_THAT(plan.hosts.at("backend"), ElementsAre(0x0a010003, 0x0a010004, 0x0a010005, 0x0a020003, 0x0a020004));
  EXPECT_EQ(plan.hosts.at("backend.default.svc.cluster.local"), plan.hosts.at("backend"));
}

TEST(Plan, LoadWithoutSidecarResolvesToPods) {
  const Plan plan = load(with(kExample, "rate: 200/s", "rate: 200/s, sidecar: false")).plan;
  const PodPlan& pod = plan.pods[7];
  ASSERT_EQ(pod.name, "load-0");
  EXPECT_EQ(pod.roles.size(), 1u);
  EXPECT_EQ(pod.capture, Capture::none);
  EXPECT_THAT(pod.hosts.at("frontend.default"), ElementsAre(0x0a010002, 0x0a020002));
  EXPECT_THAT(plan.hosts.at("frontend"), ElementsAre(0x0a600001));
  EXPECT_TRUE(plan.pods[0].hosts.empty());
}

TEST(Plan, LinksNodesAndGeneral) {
  std::string text = with(kExample, "az-b: {}", "az-b: {cores: 4, nodes: [{name: big, cores: 16}, {}]}");
  const Plan plan = load(with(text, "seed: 7", "seed: 7\nwire: real\nnetwork: packet")).plan;
  EXPECT_EQ(plan.scenario, "example");
  EXPECT_EQ(plan.seed, 7u);
  EXPECT_EQ(plan.duration, 40 * kSecond);
  EXPECT_EQ(plan.grace, 10 * kSecond);
  EXPECT_EQ(plan.wire, Wire::real);
  EXPECT_TRUE(plan.packet_network);
  ASSERT_EQ(plan.links.size(), 1u);
  const LinkShape& shape = plan.links[0].shape;
  EXPECT_EQ(shape.rtt, 2 * kMillisecond);
  EXPECT_EQ(shape.jitter, 100 * kMicrosecond);
  EXPECT_EQ(shape.loss, 0.001);
  EXPECT_EQ(shape.bandwidth_bps, 1'000'000'000);
  std::vector<std::string> nodes;
  for (const NodePlan& node : plan.nodes)
    nodes.push_back(node.name + " " + std::to_string(node.zone) + " " + std::to_string(node.cores));
  EXPECT_THAT(nodes, ElementsAre("az-a-node-0 0 0", "az-a-node-1 0 0", "big 1 16", "az-b-node-1 1 4"));
  EXPECT_EQ(load(kExample, {.set = {}, .seed = 99}).plan.seed, 99u);
  EXPECT_EQ(load(with(kExample, "seed: 7\n", "")).plan.seed, 1u);
}

TEST(Plan, Handlers) {
  const Plan plan = load(with(kExample, "[{compute: 1ms}, {call: backend}]", R"(
    - {compute: {lognormal: {median: 1ms, sigma: 0.4}}, cpu: true}
    - compute: {uniform: {low: 1us, high: 2us}}
    - compute: {histogram: [{upto: 1ms, share: 12.5%}, {upto: 2ms, share: 87.5%}]}
    - {call: {service: backend, request: 3KiB, probability: 40%}}
    - parallel: [backend, {service: backend, request: 1B}]
    - fail: 1%
    - fail: {probability: 2%, status: 503}
    calls_must_succeed: false)"))
                        .plan;
  const auto& workload = config_of<WorkloadConfig>(plan, "frontend-az-b-0/workload");
  EXPECT_FALSE(workload.calls_must_succeed);
  EXPECT_EQ(workload.workers, 1u);
  const auto& steps = workload.handler;
  ASSERT_EQ(steps.size(), 7u);
  EXPECT_EQ(steps[0].compute.kind, DurationModel::Kind::lognormal);
  EXPECT_EQ(steps[0].compute.a, kMillisecond);
  EXPECT_EQ(steps[0].compute.sigma, 0.4);
  EXPECT_TRUE(steps[0].cpu);
  EXPECT_EQ(steps[1].compute.kind, DurationModel::Kind::uniform);
  EXPECT_EQ(steps[1].compute.b, 2 * kMicrosecond);
  EXPECT_EQ(steps[2].compute.bins[1].share, 0.875);
  EXPECT_EQ(steps[3].call.service, "backend");
  EXPECT_EQ(steps[3].call.request_bytes, 3072u);
  EXPECT_EQ(steps[3].call.probability, 0.4);
  EXPECT_EQ(steps[3].call.port, 8080);
  EXPECT_EQ(steps[4].kind, HandlerStep::Kind::parallel);
  EXPECT_EQ(steps[4].parallel[1].request_bytes, 1u);
  EXPECT_EQ(steps[5].fail_probability, 0.01);
  EXPECT_EQ(steps[5].fail_status, 500);
  EXPECT_EQ(steps[6].fail_status, 503);
  const auto& backend = config_of<WorkloadConfig>(plan, "backend-az-b-0/workload");
  EXPECT_EQ(backend.response_bytes, 1000u);
  EXPECT_EQ(backend.handler[0].compute.kind, DurationModel::Kind::exponential);
}

TEST(Plan, Loads) {
  const Plan plan = load(with(kExample, "rate: 200/s}", R"(rate: 90/m, arrivals: constant, method: POST, path: "/a?b",
   headers: {x-user: "1"}, request: 2KB, timeout: 1s, begin: 5s, end: 30s}
- {from: az-b, to: backend, clients: 4, think: {exponential: {mean: 10ms}}}
- {from: az-b, to: backend, rate: [{at: 0s, rate: 10/s}, {at: 10s, rate: 20/s, ramp: true}, {at: 20s, rate: 0/s}]})"))
                        .plan;
  const auto& first = config_of<LoadConfig>(plan, "load-0/load");
  EXPECT_EQ(first.index, 0u);
  EXPECT_EQ(first.service, "frontend");
  EXPECT_EQ(first.port, 8080);
  ASSERT_EQ(first.rate.size(), 1u);
  EXPECT_EQ(first.rate[0].per_second, 1.5);
  EXPECT_EQ(first.arrivals, LoadConfig::Arrivals::constant);
  EXPECT_EQ(first.method + first.path, "POST/a?b");
  EXPECT_EQ(first.headers.at(0), std::pair(std::string("x-user"), std::string("1")));
  EXPECT_EQ(first.request_bytes, 2000u);
  EXPECT_EQ(first.timeout, kSecond);
  EXPECT_EQ(first.begin, 5 * kSecond);
  EXPECT_EQ(first.end, 30 * kSecond);
  const auto& second = config_of<LoadConfig>(plan, "load-1/load");
  EXPECT_EQ(second.clients, 4u);
  EXPECT_TRUE(second.rate.empty());
  EXPECT_EQ(second.think.kind, DurationModel::Kind::exponential);
  EXPECT_EQ(second.end, 40 * kSecond);
  const auto& third = config_of<LoadConfig>(plan, "load-2/load");
  ASSERT_EQ(third.rate.size(), 3u);
  EXPECT_TRUE(third.rate[1].ramp);
  EXPECT_FALSE(third.rate[2].ramp);
  EXPECT_EQ(third.rate[2].at, 20 * kSecond);
}

TEST(Plan, TimelineAndExpectations) {
  std::string text = with(kExample, "timeline:\n", R"(timeline:
- {at: 30s, shape: {link: [az-b, az-a], rtt: 50ms, loss: 2%}}
- {at: 1s, fail: {pod: backend-az-b-1, how: slow, factor: 2.5}}
- {at: 2s, fail: {service: frontend, how: error, share: 50%}}
- {at: 3s, cut: {link: [az-a, az-b]}}
- {at: 4s, restore: {link: [az-a, az-b]}}
- {at: 5s, restore: {pod: backend-az-b-1}}
- {at: 6s, fail: {pod: control-plane, how: blackhole}}
)");
  text = with(text, "expect:\n", R"(expect:
- {metric: latency_p99, at_most: 40ms, at_least: 1us, during: [2s, 12s]}
- {metric: failed, reason: TIMEOUT, at_most: 0}
- {metric: failover, service: backend, at_most: 1500ms}
)");
  const Scenario scenario = load(text);
  std::vector<std::string> lines;
  for (const TimelineAction& action : scenario.timeline) {
    std::string line = std::to_string(action.at / kSecond) + " " + action.text + ":";
    for (const std::size_t pod : action.pods) line += " " + scenario.plan.pods.at(pod).name;
    lines.push_back(line);
  }
  EXPECT_THAT(lines, ElementsAre("1 slow backend-az-b-1 (2.5 times): backend-az-b-1",
                                 "2 error frontend (50%): frontend-az-a-0 frontend-az-b-0", "3 cut link az-a - az-b:",
                                 "4 restore link az-a - az-b:", "5 restore backend-az-b-1: backend-az-b-1",
                                 "6 blackhole control-plane: control-plane",
                                 "12 crash backend in az-a: backend-az-a-0 backend-az-a-1 backend-az-a-2",
                                 "26 restore backend in az-a: backend-az-a-0 backend-az-a-1 backend-az-a-2",
                                 "30 shape link az-a - az-b:"));
  EXPECT_EQ(scenario.timeline[0].amount, 2.5);
  EXPECT_EQ(scenario.timeline[0].service, "backend");
  EXPECT_EQ(scenario.timeline[0].zone, "az-b");
  EXPECT_EQ(scenario.timeline[1].amount, 0.5);
  EXPECT_EQ(scenario.timeline[8].shape.rtt, 50 * kMillisecond);
  EXPECT_EQ(scenario.timeline[8].shape.jitter, 100 * kMicrosecond) << "what is not said stays";
  ASSERT_EQ(scenario.expect.size(), 5u);
  EXPECT_EQ(scenario.expect[0].text, "latency_p99 at least 1us at most 40ms during 2s..12s");
  EXPECT_EQ(scenario.expect[0].at_least, 0.001);
  EXPECT_EQ(scenario.expect[0].at_most, 40.0);
  EXPECT_EQ(scenario.expect[0].end, 12 * kSecond);
  EXPECT_EQ(scenario.expect[1].text, "failed TIMEOUT at most 0");
  EXPECT_EQ(scenario.expect[2].at_most, 1.5);
  EXPECT_EQ(scenario.expect[3].at_least, 0.995);
  EXPECT_EQ(scenario.expect[4].text, "zone_share backend az-b at least 99% during 15s..26s");
}

TEST(Plan, LibraryLoads) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("scenarios")) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    for (const char* mode : {"mesh.mode=sidecar", "mesh.mode=none"}) {
      try {
        const Scenario scenario = load_scenario(entry.path(), {.set = {mode}});
        EXPECT_EQ(scenario.name, entry.path().stem());
        EXPECT_THAT(scenario.warnings, testing::IsEmpty());
      } catch (const Problems& problems) {
        ADD_FAILURE() << problems.what();
      }
    }
  }
  EXPECT_GE(files, 4u);
}

}  // namespace
}  // namespace meshtwin
