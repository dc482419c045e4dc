// Swim lanes as subsets, routes and labels: documents in, what is made of them out.

#include "mesh/control/lanes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "mesh/base/random.h"
#include "mesh/control/label_config.h"

namespace meshtwin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Lanes of pods by their label `version`: {"s1": {"a", "b"}}.
using Lanes = std::map<std::string, std::set<std::string>>;

struct Made {
  Resources resources;
  std::vector<std::string> warnings;
};

SwimLaneGroup group_of(std::vector<std::string> services, bool permissive) {
  SwimLaneGroup group;
  group.meta = {"ASMSwimLaneGroup", "mock", "", {}, {}, {"lanes.yaml", 3, 1}};
  for (const std::string& service : services) group.services.push_back("default/" + service);
  group.ingress_gateway = "ingressgateway";
  group.ingress_namespace = "istio-system";
  group.permissive = permissive;
  if (permissive) {
    group.fallback_target = "s1";
    group.trace_header = "My-Trace-Id";
    group.route_header = "x-lane";
  }
  return group;
}

Resources resources_of(const SwimLaneGroup& group, const Lanes& lanes) {
  Resources resources;
  resources.lane_groups.push_back(group);
  for (const auto& [name, services] : lanes) {
    SwimLane& lane = resources.lanes.emplace_back();
    lane.meta = {"ASMSwimLane", name, "", {}, {}, {"lanes.yaml", 20, 1}};
    lane.group = group.meta.name;
    lane.label_selector = {{"version", name}};
  }
  IstioGateway& gateway = resources.gateways.emplace_back();
  gateway.meta.name = "ingressgateway";
  gateway.meta.name_space = "istio-system";
  return resources;
}

Made expanded(Resources resources, const Lanes& lanes) {
  Made made{std::move(resources), {}};
  made.warnings = expand_lanes(
      made.resources, [&](const std::string& name_space, const std::string& service, const Labels& labels) {
        const auto lane = lanes.find(labels.at("version"));
        return name_space == "default" && lane != lanes.end() && lane->second.contains(service);
      });
  return made;
}

const VirtualService* routes_of(const Resources& resources, const std::string& host) {
  const auto found = std::ranges::find_if(resources.virtual_services,
                                          [&](const VirtualService& routes) { return routes.hosts.front() == host; });
  return found == resources.virtual_services.end() ? nullptr : &*found;
}

// The subset that a request with that lane's header, or from a pod of it, is led to: "host subset".
std::string taken(const VirtualService& routes, const std::string& lane) {
  for (const HttpRoute& route : routes.http) {
    const bool matches = route.matches.empty() || std::ranges::any_of(route.matches, [&](const HttpMatch& match) {
                           const bool header = match.headers.empty() || match.headers.front().second.text == lane;
                           return header && selects(match.source_labels, {{"version", lane}});
                         });
    if (matches) return route.route.front().destination.host + ' ' + route.route.front().destination.subset;
  }
  return "";
}

std::vector<std::string> subsets_of(const Resources& resources, const std::string& host) {
  std::vector<std::string> names;
  for (const DestinationRule& rule : resources.destination_rules) {
    if (rule.host != host) continue;
    for (const Subset& subset : rule.subsets) names.push_back(subset.name);
  }
  return names;
}

const Lanes kThree = {{"s1", {"a", "b", "c"}}, {"s2", {"a", "c"}}, {"s3", {"b"}}};

TEST(Lanes, PermissiveLeadsToTheLaneOrToTheBaseline) {
  const Made made = expanded(resources_of(group_of({"a", "b", "c"}, true), kThree), kThree);
  EXPECT_THAT(made.warnings, ElementsAre());
  const std::map<std::string, std::vector<std::string>> by_service = {
      {"a", {"s1", "s2", "s1", "s1"}}, {"b", {"s1", "s1", "s3", "s1"}}, {"c", {"s1", "s2", "s1", "s1"}}};
  for (const auto& [service, subsets] : by_service) {
    const std::string host = service + ".default.svc.cluster.local";
    const VirtualService* routes = routes_of(made.resources, host);
    ASSERT_NE(routes, nullptr);
    EXPECT_TRUE(routes->gateways.empty());
    std::size_t i = 0;
    for (const char* lane : {"s1", "s2", "s3", "elsewhere"}) EXPECT_EQ(taken(*routes, lane), host + ' ' + subsets[i++]);
  }
  EXPECT_THAT(subsets_of(made.resources, "a.default.svc.cluster.local"), ElementsAre("s1", "s2"));
  EXPECT_THAT(subsets_of(made.resources, "b.default.svc.cluster.local"), ElementsAre("s1", "s3"));
}

TEST(Lanes, AServiceMayHaveAFallbackOfItsOwn) {
  SwimLaneGroup group = group_of({"a", "b", "c"}, true);
  group.service_fallback["cluster-1/default/b"] = "s3";
  const Made made = expanded(resources_of(group, kThree), kThree);
  EXPECT_EQ(taken(*routes_of(made.resources, "b.default.svc.cluster.local"), "s2"), "b.default.svc.cluster.local s3");
  EXPECT_EQ(taken(*routes_of(made.resources, "a.default.svc.cluster.local"), "s3"), "a.default.svc.cluster.local s1");
}

TEST(Lanes, StrictGoesByWhoCallsAndFallsBackToNobody) {
  const Made made = expanded(resources_of(group_of({"a", "b"}, false), kThree), kThree);
  const VirtualService* routes = routes_of(made.resources, "a.default.svc.cluster.local");
  ASSERT_NE(routes, nullptr);
  EXPECT_TRUE(routes->http.front().matches.front().headers.empty());
  EXPECT_EQ(taken(*routes, "s3"), "a.default.svc.cluster.local s3");
  EXPECT_EQ(taken(*routes, "elsewhere"), "a.default.svc.cluster.local ");
  EXPECT_THAT(subsets_of(made.resources, "a.default.svc.cluster.local"), ElementsAre("s1", "s2", "s3"))
      << "a subset without pods answers 503";
  EXPECT_THAT(made.warnings, testing::UnorderedElementsAre(
                                 HasSubstr("lanes.yaml:20:1: ASMSwimLane \"s2\" is a lane of a strict group, but b."),
                                 HasSubstr("\"s3\" is a lane of a strict group, but a.default.svc.cluster.local")));
  EXPECT_FALSE(traffic_labels_for(made.resources, "default", {}).has_value()) << "nothing travels";
}

TEST(Lanes, WeightsOfTheLanesAtTheIngress) {
  Resources resources = resources_of(group_of({"a", "b", "c"}, true), kThree);
  resources.lane_groups[0].ingress_routing.weighted = true;
  resources.lane_groups[0].ingress_routing.hosts = {"shop.example"};
  resources.lane_groups[0].ingress_routing.matches.emplace_back().uri = {StringMatch::Kind::exact, "/mock"};
  for (std::size_t i = 0; i < 3; ++i) resources.lanes[i].ingress_weight = i == 0 ? 60 : 20;
  resources.lanes[0].ingress_service = "a.default.svc.cluster.local";
  const Made made = expanded(std::move(resources), kThree);
  const VirtualService* routes = routes_of(made.resources, "shop.example");
  ASSERT_NE(routes, nullptr);
  EXPECT_EQ(routes->meta.name_space, "istio-system");
  EXPECT_THAT(routes->gateways, ElementsAre("istio-system/ingressgateway"));
  ASSERT_EQ(routes->http.size(), 1u);
  EXPECT_EQ(routes->http[0].matches[0].uri->text, "/mock");
  std::vector<std::string> entries;
  for (const RouteDestination& to : routes->http[0].route) {
    const auto& [header, value] = to.headers.request.set.at(0);
    entries.push_back(to.destination.host + ' ' + to.destination.subset + ' ' + std::to_string(to.weight) + ' ' +
                      header + '=' + value);
  }
  EXPECT_THAT(entries,
              ElementsAre("a.default.svc.cluster.local s1 60 x-lane=s1", "a.default.svc.cluster.local s2 20 x-lane=s2",
                          "a.default.svc.cluster.local s1 20 x-lane=s3"));
}

TEST(Lanes, RulesOfTheLanesAtTheIngressThoseWithMoreHeadersFirst) {
  Resources resources = resources_of(group_of({"a", "b", "c"}, true), kThree);
  const auto add = [&](std::size_t lane, const char* header) {
    SwimLaneIngressRule& rule = resources.lanes[lane].ingress_rules.emplace_back();
    rule.service = "a";
    if (*header != '\0') rule.match.headers.emplace_back(header, StringMatch{StringMatch::Kind::exact, "yes"});
  };
  add(0, "");
  add(1, "try");
  const Made made = expanded(std::move(resources), kThree);
  const VirtualService* routes = routes_of(made.resources, "*");
  ASSERT_NE(routes, nullptr);
  ASSERT_EQ(routes->http.size(), 2u);
  EXPECT_EQ(routes->http[0].name, "s2");
  EXPECT_EQ(routes->http[0].route[0].headers.request.set[0].second, "s2");
  EXPECT_EQ(routes->http[1].name, "s1");
}

TEST(Lanes, UsersDocumentsGoBefore) {
  Resources resources = resources_of(group_of({"a", "b"}, true), kThree);
  VirtualService& routes = resources.virtual_services.emplace_back();
  routes.meta = {"VirtualService", "mine", "default", {}, {}, {"mine.yaml", 1, 1}};
  routes.hosts = {"a"};
  DestinationRule& rule = resources.destination_rules.emplace_back();
  rule.meta.name_space = "default";
  rule.host = "b.default";
  rule.subsets.push_back({"s3", {{"mine", "too"}}, std::nullopt});
  rule.traffic_policy.load_balancer.simple = "RANDOM";
  const Made made = expanded(std::move(resources), kThree);
  EXPECT_EQ(routes_of(made.resources, "a.default.svc.cluster.local"), nullptr);
  EXPECT_THAT(made.warnings,
              ElementsAre("lanes.yaml:3:1: ASMSwimLaneGroup \"mock\" does not route a.default.svc.cluster.local: "
                          "VirtualService \"mine\" does"));
  EXPECT_THAT(subsets_of(made.resources, "a.default.svc.cluster.local"), ElementsAre("s1", "s2"));
  EXPECT_THAT(subsets_of(made.resources, "b.default"), ElementsAre("s3", "s1"));
  EXPECT_EQ(made.resources.destination_rules[0].subsets[0].labels, (Labels{{"mine", "too"}}));
}

TEST(Lanes, WhatTravelsGoesByTheTraceHeader) {
  const auto config = [](const std::string& trace_header) {
    SwimLaneGroup group = group_of({"a"}, true);
    group.trace_header = trace_header;
    return traffic_labels_for(resources_of(group, kThree), "default", {{"version", "s2"}});
  };
  const auto by_trace = config("My-Trace-Id");
  ASSERT_TRUE(by_trace.has_value());
  EXPECT_EQ(by_trace->rules,
            (std::vector<TrafficLabelRule>{
                {"x-lane", {{LabelSource::Kind::external_inbound_request_header, "x-lane", "My-Trace-Id"}}, {}}}));
  EXPECT_EQ(config("Baggage")->baggage_headers, std::vector<std::string>{"x-lane"});
  EXPECT_FALSE(config("X-Lane").has_value()) << "the application does it";
  EXPECT_EQ(config("")->rules[0].value_from[0].kind, LabelSource::Kind::inbound_request_header);
  EXPECT_FALSE(traffic_labels_for(resources_of(group_of({"a"}, true), kThree), "elsewhere", {}).has_value());
}

TEST(Lanes, LabelsOfSomePodsGoBeforeThoseOfTheNamespaceAndOfTheGroup) {
  Resources resources = resources_of(group_of({"a"}, true), kThree);
  const auto add = [&](const std::string& name_space, const Labels& selector, const std::string& pod_label) {
    TrafficLabel& document = resources.traffic_labels.emplace_back();
    document.meta.name_space = name_space;
    document.selector = selector;
    document.rules.push_back({"x-lane", {{LabelSource::Kind::pod_label, pod_label, ""}}, {}});
  };
  add("default", {{"app", "a"}}, "of-some");
  add("default", {{"app", "b"}}, "of-others");
  add("default", {}, "of-all");
  add("elsewhere", {}, "of-elsewhere");
  resources.traffic_labels[2].rules.push_back({"dubbo", {}, {"dubbo"}});
  const auto config = traffic_labels_for(resources, "default", {{"app", "a"}, {"of-some", "1"}, {"unused", "2"}});
  ASSERT_TRUE(config.has_value());
  ASSERT_EQ(config->rules.size(), 3u);
  EXPECT_EQ(config->rules[1].value_from[0].name, "of-all");
  EXPECT_EQ(config->rules[2].value_from[0].name, "of-some") << "the last one has the last word";
  EXPECT_EQ(config->pod_labels, (std::map<std::string, std::string>{{"of-some", "1"}}));
}

TEST(Lanes, MistakesAreSaid) {
  Resources resources = resources_of(group_of({"a", "b"}, true), kThree);
  resources.gateways.clear();
  resources.lanes[1].group = "mok";
  resources.lane_groups[0].fallback_target = "s2";
  const Made made = expanded(std::move(resources), kThree);
  EXPECT_THAT(made.warnings,
              testing::IsSupersetOf({HasSubstr("ASMSwimLane \"s2\" is in group \"mok\", which there is not"),
                                     HasSubstr("falls back to \"s2\", which is no lane of it"),
                                     HasSubstr("Gateway istio-system/ingressgateway, which there is not")}));
}

// Whoever has which pods: a request of a lane is led to the lane wherever it can be, and to the baseline elsewhere.
TEST(Lanes, AnyGroupLeadsToTheLaneWhereverTheLaneHasPods) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    RandomStream random(seed, "lanes");
    std::vector<std::string> services;
    for (std::uint64_t i = 0; i < 1 + random.below(6); ++i) services.push_back("svc-" + std::to_string(i));
    Lanes lanes = {{"s1", {services.begin(), services.end()}}};
    for (std::uint64_t i = 0; i < random.below(6); ++i) {
      for (const std::string& service : services) {
        if (random.chance(0.5)) lanes["lane-" + std::to_string(i)].insert(service);
      }
    }
    const Made made = expanded(resources_of(group_of(services, true), lanes), lanes);
    for (const std::string& service : services) {
      const std::string host = service + ".default.svc.cluster.local";
      for (const auto& [lane, has] : lanes) {
        EXPECT_EQ(taken(*routes_of(made.resources, host), lane), host + ' ' + (has.contains(service) ? lane : "s1"));
        EXPECT_EQ(lane_of_pod(made.resources, "default", service, {{"version", lane}}), lane);
      }
    }
  }
}

}  // namespace
}  // namespace meshtwin
