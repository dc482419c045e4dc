// Kubernetes documents as pods and names, and what the timeline does to documents and pods.

#include <gmock/gmock.h>

#include "tests/unit/scenarios/example.h"

namespace meshtwin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const std::string kShop = R"(schema: 1
name: shop
duration: 40s
topology:
  zones: {az-a: {}, az-b: {}}
  links: [{between: [az-a, az-b], rtt: 2ms}]
mesh: {mode: sidecar, mtls: strict, gateways: {ingress: {pods: {az-a: 1}}}}
resources:
- {apiVersion: v1, kind: Service, metadata: {name: reviews}, spec: {selector: {app: reviews}, ports: [{name: http, port: 80, targetPort: web}]}}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: reviews-v1}
  spec:
    replicas: 3
    selector: {matchLabels: {app: reviews, version: v1}}
    template:
      metadata: {labels: {app: reviews, version: v1}}
      spec: {serviceAccountName: critic, containers: [{name: reviews, image: reviews, ports: [{name: web, containerPort: 9080}]}]}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: reviews-v2, namespace: other}
  spec:
    selector: {matchLabels: {app: reviews}}
    template:
      metadata: {labels: {app: reviews, version: v2}}
      spec: {nodeSelector: {topology.kubernetes.io/zone: az-b}, containers: [{name: reviews, image: reviews}]}
- {apiVersion: v1, kind: Service, metadata: {name: reviews, namespace: other}, spec: {selector: {app: reviews}, ports: [{port: 8080}]}}
services:
  front:
    pods: {az-a: 1}
    forward_headers: [End-User]
    handler: [{call: {service: reviews, path: /reviews/0, headers: {X-A: b}}}, {call: reviews.other}]
  reviews-v1: {workers: 7}
  cart-v1: {service: cart, version: v1, pods: {az-a: 1}}
  cart-v2: {service: cart, version: v2, pods: {az-b: 1}}
load:
- {name: visitor, from: az-a, to: front, rate: 200/s}
- {from: az-a, to: ingress, host: front, rate: 1/s}
timeline:
- {at: 1s, scale: {service: cart-v2, zone: az-b, pods: 3}}
)";

Scenario load(const std::string& text) {
  try {
    return load_scenario_text(text, "f.yaml", {});
  } catch (const Problems& problems) {
    ADD_FAILURE() << problems.what();
    return {};
  }
}

const ControlPlaneConfig& control_plane_of(const Plan& plan) {
  for (const PodPlan& pod : plan.pods)
    for (const RolePlan& role : pod.roles)
      if (const auto* config = std::get_if<ControlPlaneConfig>(&role.config)) return *config;
  throw std::runtime_error("no control plane");
}

const PodPlan& pod_of(const Plan& plan, const std::string& name) {
  for (const PodPlan& pod : plan.pods)
    if (pod.name == name) return pod;
  throw std::runtime_error("no pod " + name);
}

TEST(Documents, BecomePodsSpreadOverZones) {
  const Plan plan = load(kShop).plan;
  std::vector<std::string> names;
  for (const PodPlan& pod : plan.pods) names.push_back(pod.name + (pod.starts ? "" : " later"));
  EXPECT_THAT(names, ElementsAre("front-az-a-0", "cart-v1-az-a-0", "cart-v2-az-b-0", "cart-v2-az-b-1 later",
                                 "cart-v2-az-b-2 later", "reviews-v1-az-a-0", "reviews-v1-az-a-1", "reviews-v1-az-b-0",
                                 "reviews-v2-other-az-b-0", "visitor", "load-1", "control-plane", "ingress-az-a-0"));
  const PodPlan& reviews = pod_of(plan, "reviews-v1-az-b-0");
  EXPECT_EQ(reviews.service, "reviews");
  EXPECT_EQ(reviews.version, "v1");
  const auto& workload = std::get<WorkloadConfig>(reviews.roles[0].config);
  EXPECT_EQ(workload.workers, 7u);
  EXPECT_EQ(workload.port, 9080);
  EXPECT_EQ(std::get<SidecarConfig>(reviews.roles[1].config).app_port, 9080);
  EXPECT_EQ(std::get<SidecarConfig>(reviews.roles[1].config).identity.service_account, "critic");
  const PodPlan& other = pod_of(plan, "reviews-v2-other-az-b-0");
  EXPECT_EQ(other.service, "reviews.other");
  EXPECT_EQ(std::get<SidecarConfig>(other.roles[1].config).identity.name_space, "other");
  EXPECT_EQ(std::get<WorkloadConfig>(other.roles[0].config).workers, 1u);
}

TEST(Documents, ServicesAreCalledByTheirNames) {
  const Plan plan = load(kShop).plan;
  const ControlPlaneConfig& control = control_plane_of(plan);
  std::vector<std::string> hosts;
  for (const ServiceDeclaration& service : control.services) hosts.push_back(service.host);
  EXPECT_THAT(hosts, UnorderedElementsAre("front.default.svc.cluster.local", "cart.default.svc.cluster.local",
                                          "reviews.default.svc.cluster.local", "reviews.other.svc.cluster.local"));
  const auto& cart = control.services[1];
  EXPECT_EQ(cart.selector, (Labels{{"app", "cart"}}));
  const auto& reviews = control.services[2];
  EXPECT_EQ(reviews.ports.front().port, 80);
  EXPECT_EQ(reviews.ports.front().target_port, 9080);
  EXPECT_EQ(*find_host(plan, 0, "reviews"), std::vector<std::uint32_t>{reviews.vip});
  EXPECT_EQ(*find_host(plan, 0, "reviews.other"), std::vector<std::uint32_t>{control.services[3].vip});
  // In a namespace of its own a short name is another's, or nobody's.
  const auto other = static_cast<std::size_t>(&pod_of(plan, "reviews-v2-other-az-b-0") - plan.pods.data());
  EXPECT_EQ(*find_host(plan, other, "reviews"), std::vector<std::uint32_t>{control.services[3].vip});
  EXPECT_TRUE(find_host(plan, other, "front")->empty());
  const auto& front = std::get<WorkloadConfig>(plan.pods[0].roles[0].config);
  EXPECT_THAT(front.forward_headers, ElementsAre("end-user"));
  EXPECT_EQ(front.handler[0].call.port, 80);
  EXPECT_EQ(front.handler[0].call.path, "/reviews/0");
  EXPECT_EQ(front.handler[0].call.headers.front().first, "x-a");
  EXPECT_EQ(front.handler[1].call.service, "reviews.other");
  for (const PodDeclaration& pod : control.pods) EXPECT_EQ(pod.starts, plan.pods[pod.pod].starts) << pod.name;
}

const std::string kRule =
    "{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: cart}, "
    "spec: {host: cart}}";

TEST(Documents, TheTimelineAppliesAndDeletes) {
  const Scenario scenario =
      load(kShop + "- {at: 9s, delete: {kind: DestinationRule, name: cart}}\n- {at: 5s, apply: " + kRule + "}\n");
  ASSERT_EQ(scenario.timeline.size(), 3u);
  EXPECT_EQ(scenario.timeline[0].text, "scale cart-v2 in az-b to 3");
  EXPECT_EQ(scenario.timeline[0].count, 3u);
  EXPECT_EQ(scenario.timeline[0].pods.size(), 3u);
  EXPECT_EQ(scenario.timeline[1].text, "apply DestinationRule cart");
  EXPECT_EQ(scenario.timeline[1].documents.size(), 1u);
  EXPECT_EQ(scenario.timeline[2].text, "delete DestinationRule cart");
  EXPECT_EQ(scenario.timeline[2].documents, scenario.timeline[1].documents);
}

TEST(Documents, MistakesOfTheTimelineAreFoundAtOnce) {
  EXPECT_THAT(problems_of(kShop + "- {at: 9s, delete: {kind: DestinationRule, name: cart}}\n"),
              HasSubstr("which is not there by then"));
  EXPECT_THAT(problems_of(kShop + "- {at: 3s, delete: {kind: DestinationRule, name: cart}}\n- {at: 5s, apply: " +
                          kRule + "}\n"),
              HasSubstr("which is not there by then"));
  EXPECT_THAT(
      problems_of(kShop + "- {at: 5s, apply: {apiVersion: v1, kind: Service, metadata: {name: x}, spec: {ports: "
                          "[{port: 80}]}}}\n"),
      HasSubstr("pods, services and what proxies report stand from the beginning"));
  EXPECT_THAT(problems_of(kShop + "- {at: 5s, scale: {service: cart, zone: az-b, pods: 1}}\n"),
              HasSubstr("which has pods of several kinds"));
}

TEST(Documents, AnEntryWithoutPodsSpeaksOfADeployment) {
  EXPECT_THAT(problems_of(with(kShop, "  cart-v1: {service: cart, version: v1, pods: {az-a: 1}}",
                               "  cart-v1: {service: cart, version: v1}")),
              HasSubstr("found \"cart-v1\" without pods"));
}

TEST(Documents, ExpectationsSpeakOfVersionsPodsAndLoads) {
  const Scenario scenario = load(kShop + R"(expect:
- {metric: version_share, service: cart, version: v2, from: front, at_least: 10%}
- {metric: pod_share, service: cart, pod: cart-v2-az-b-2, at_most: 50%}
- {metric: status_share, status: 200, load: visitor, at_least: 90%}
- {metric: amplification, service: reviews, load: 1, at_most: 1.5}
)");
  ASSERT_EQ(scenario.expect.size(), 4u);
  EXPECT_EQ(scenario.expect[0].text, "version_share cart v2 from front at least 10%");
  EXPECT_EQ(scenario.expect[2].load, 0u);
  EXPECT_EQ(scenario.expect[3].load, 1u);
  EXPECT_EQ(scenario.expect[3].at_most, 1.5);
  const std::string text = kShop + "expect: [{metric: version_share, service: cart, version: v3, at_least: 1%}]\n";
  EXPECT_THAT(problems_of(text), HasSubstr("found \"v3\", expected the label version of pods of cart (v1, v2)"));
}

}  // namespace
}  // namespace meshtwin
