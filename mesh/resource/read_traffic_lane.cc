// ASM's TrafficLabel, ASMSwimLaneGroup and ASMSwimLane.

#include <re2/re2.h>

#include <algorithm>

#include "mesh/resource/document_kind.h"
#include "mesh/resource/document_parts.h"
#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/resources.h"
#include "mesh/resource/route_parts.h"

namespace meshtwin {

namespace {

ShapePtr traffic_label_shape() {
  const ShapePtr label = object({must("name", header_name(), "of the header that carries it"),
                                 must("valueFrom", list_of(nonempty(), 1), "the first that yields a value wins")});
  const ShapePtr rule = object({must("labels", list_of(label, 1), "that traffic gets"), idle("attachTo", texts()),
                                may("protocols", texts(), "default http")});
  return object({may("workloadSelector", workload_selector(), "the pods it is for; none: the whole namespace"),
                 must("rules", list_of(rule, 1), "in this order"), idle("hosts", texts())});
}

ShapePtr service_ref() {
  return object({must("name", nonempty(), "of the Service"), may("namespace", text(), "default: default"),
                 may("cluster", anything(), "not used"), idle("trafficPolicyPatch", anything()),
                 idle("httpRoutePatch", anything())});
}

ShapePtr request_match() {
  return object(
      {may("uri", string_match_shape(), "the path"), may("headers", string_match_map_shape(), "all of these")});
}

ShapePtr group_shape() {
  const ShapePtr gateway =
      object({may("name", nonempty(), "of the gateway"), may("namespace", text(), "of the gateway"),
              may("type", word({"ASM"}, {"ingress"}))});
  const ShapePtr weighted = object(
      {may("hosts", texts(), "that are asked for"), may("requestMatches", list_of(request_match()), "any of these")});
  const ShapePtr routing =
      object({may("ingressRoutingStrategy", word({"rule_based", "weighted"}), "default rule_based"),
              may("weightedRoutingRule", weighted, "what is spread over the lanes")});
  const ShapePtr permissive = object(
      {may("fallbackTarget", text(), "the baseline lane"),
       may("serviceLevelFallbackTarget", map_of(nonempty(), nonempty()), "namespace/name of a service to a lane"),
       may("traceHeader", text(), "that applications pass on"), may("routeHeader", text(), "that carries the lane")});
  return object({must("services", list_of(service_ref(), 1), "that are in lanes"),
                 may("ingress",
                     object({may("gateway", gateway, "where traffic comes from"),
                             may("ingressRouting", routing, "how it is spread")}),
                     "where traffic comes from"),
                 may("isPermissive", boolean(), "lanes may leave services out"),
                 may("permissiveModeConfiguration", permissive, "of a permissive group"),
                 may("autoUpdate", boolean(), "not used"), idle("defaultTrafficPolicyPatch", anything()),
                 idle("defaultHttpRoutePatch", anything())});
}

ShapePtr lane_shape() {
  const ShapePtr route = object({must("destination", destination_shape(), "where to")});
  const ShapePtr rule = object({may("name", text(), "of the rule"), may("hosts", texts(), "that are asked for"),
                                may("match", request_match(), "of requests"), may("online", boolean(), "default true"),
                                must("route", route, "where to")});
  return excluding(object({must("labelSelector", label_map(), "of the pods in the lane"),
                           may("services", list_of(service_ref()), "in the lane; none: all of the group"),
                           may("ingressRules", list_of(rule), "what enters the lane"),
                           may("ingressWeight",
                               object({may("weight", percent(), "of the traffic"),
                                       may("destination", destination_shape(), "where to")}),
                               "its share of what comes in")}),
                   {{"ingressRules", "ingressWeight"}});
}

const std::pair<const char*, LabelSource::Kind> kSources[] = {
    {"getInboundRequestHeader", LabelSource::Kind::inbound_request_header},
    {"getExternalInboundRequestHeader", LabelSource::Kind::external_inbound_request_header},
    {"getLocalOutboundRequestHeader", LabelSource::Kind::local_outbound_request_header},
    {"getLabel", LabelSource::Kind::pod_label}};

// `$function(a)` or `$function(a, b)`; none: it is neither.
std::optional<LabelSource> parse_source(const std::string& text) {
  static const RE2 kCall("\\$(\\w+)\\(\\s*([^,()\\s]+)\\s*(?:,\\s*([^,()\\s]+)\\s*)?\\)");
  std::string function, first, second;
  if (!RE2::FullMatch(text, kCall, &function, &first, &second)) return std::nullopt;
  for (const auto& [name, kind] : kSources) {
    if (function != name) continue;
    const bool two = kind == LabelSource::Kind::external_inbound_request_header;
    if (two == second.empty()) return std::nullopt;
    return LabelSource{.kind = kind, .name = two ? second : first, .context_id = two ? first : ""};
  }
  return std::nullopt;
}

void check_label(const Node& document, Findings& findings) {
  for (const Node& rule : list_at(document.find("spec"), "rules"))
    for (const Node& label : list_at(&rule, "labels"))
      for (const Node& source : list_at(&label, "valueFrom"))
        if (!parse_source(source.text))
          findings.refuse(
              source, "found " + quote(source.text) +
                          ", expected $getInboundRequestHeader(header), $getExternalInboundRequestHeader(id, header), "
                          "$getLocalOutboundRequestHeader(header) or $getLabel(label)");
}

void read_label(const Node& document, ObjectMeta meta, Resources& into) {
  const Node* spec = document.find("spec");
  TrafficLabel label;
  label.meta = std::move(meta);
  label.selector = read_labels(spec->find("workloadSelector"), "labels");
  for (const Node& rule : list_at(spec, "rules"))
    for (const Node& node : list_at(&rule, "labels")) {
      TrafficLabelRule& entry = label.rules.emplace_back();
      entry.label = read_text(&node, "name");
      for (const std::string& source : read_texts(&node, "valueFrom"))
        entry.value_from.push_back(*parse_source(source));
      entry.protocols = read_texts(&rule, "protocols");
    }
  into.traffic_labels.push_back(std::move(label));
}

std::vector<std::string> read_services(const Node* spec) {
  std::vector<std::string> services;
  for (const Node& node : list_at(spec, "services"))
    services.push_back(read_text(&node, "namespace", "default") + "/" + read_text(&node, "name"));
  return services;
}

HttpMatch read_match(const Node* node) {
  HttpMatch match;
  if (const Node* uri = child(node, "uri")) match.uri = read_string_match(*uri);
  match.headers = read_named_matches(child(node, "headers"));
  return match;
}

void check_match(const Node* match, Findings& findings) {
  check_string_match(child(match, "uri"), findings);
  check_named_matches(child(match, "headers"), findings);
}

void check_group(const Node& document, Findings& findings) {
  const Node* spec = document.find("spec");
  const Node* permissive = spec->find("permissiveModeConfiguration");
  const bool is_permissive = read_boolean(spec, "isPermissive", false);
  if (is_permissive && read_text(permissive, "fallbackTarget").empty())
    findings.refuse(
        permissive == nullptr ? *spec : *permissive,
        "found a permissive group without permissiveModeConfiguration.fallbackTarget, expected its baseline lane");
  if (is_permissive && (read_text(permissive, "traceHeader").empty() || read_text(permissive, "routeHeader").empty()))
    findings.refuse(permissive == nullptr ? *spec : *permissive,
                    "found no traceHeader or no routeHeader, expected both in a permissive group");
  const std::vector<std::string> services = read_services(spec);
  if (const Node* fallback = child(permissive, "serviceLevelFallbackTarget"))
    for (const Node& key : fallback->keys)
      if (std::find(services.begin(), services.end(), key.text) == services.end())
        findings.refuse(key, "found " + quote(key.text) + ", expected one of the group's services: " +
                                 listing(services) + suggestion(key.text, services));
  for (const Node& match :
       list_at(child(child(spec->find("ingress"), "ingressRouting"), "weightedRoutingRule"), "requestMatches"))
    check_match(&match, findings);
}

void read_group(const Node& document, ObjectMeta meta, Resources& into) {
  const Node* spec = document.find("spec");
  const Node* ingress = spec->find("ingress");
  const Node* gateway = child(ingress, "gateway");
  const Node* routing = child(ingress, "ingressRouting");
  const Node* permissive = spec->find("permissiveModeConfiguration");
  SwimLaneGroup group;
  group.meta = std::move(meta);
  group.services = read_services(spec);
  group.ingress_gateway = read_text(gateway, "name");
  group.ingress_namespace = read_text(gateway, "namespace", "istio-system");
  group.permissive = read_boolean(spec, "isPermissive", false);
  group.fallback_target = read_text(permissive, "fallbackTarget");
  for (const auto& [service, lane] : read_labels(permissive, "serviceLevelFallbackTarget"))
    group.service_fallback[service] = lane;
  group.trace_header = read_text(permissive, "traceHeader");
  group.route_header = read_text(permissive, "routeHeader");
  group.ingress_routing.weighted = read_text(routing, "ingressRoutingStrategy") == "weighted";
  group.ingress_routing.hosts = read_texts(child(routing, "weightedRoutingRule"), "hosts");
  for (const Node& match : list_at(child(routing, "weightedRoutingRule"), "requestMatches"))
    group.ingress_routing.matches.push_back(read_match(&match));
  into.lane_groups.push_back(std::move(group));
}

constexpr const char* kGroupLabel = "swimlane-group";

void check_lane(const Node& document, Findings& findings) {
  if (read_labels(document.find("metadata"), "labels").count(kGroupLabel) == 0)
    findings.refuse(*document.find("metadata"),
                    "found no label \"swimlane-group\", expected it here: the name of the lane's group");
  for (const Node& rule : list_at(document.find("spec"), "ingressRules")) check_match(rule.find("match"), findings);
}

void read_lane(const Node& document, ObjectMeta meta, Resources& into) {
  const Node* spec = document.find("spec");
  SwimLane lane;
  lane.group = meta.labels.at(kGroupLabel);
  lane.meta = std::move(meta);
  lane.label_selector = read_labels(spec, "labelSelector");
  lane.services = read_services(spec);
  for (const Node& node : list_at(spec, "ingressRules")) {
    if (!read_boolean(&node, "online", true)) continue;
    const Destination destination = read_destination(child(node.find("route"), "destination"));
    lane.ingress_rules.push_back({.name = read_text(&node, "name"),
                                  .hosts = read_texts(&node, "hosts"),
                                  .match = read_match(node.find("match")),
                                  .service = destination.host,
                                  .port = destination.port});
  }
  const Node* weight = spec->find("ingressWeight");
  const Destination destination = read_destination(child(weight, "destination"));
  lane.ingress_weight = optional_integer(weight, "weight").value_or(0);
  lane.ingress_service = destination.host;
  lane.ingress_port = destination.port;
  into.lanes.push_back(std::move(lane));
}

}  // namespace

std::vector<DocumentKind> traffic_lane_kinds() {
  const std::string group = "istio.alibabacloud.com";
  return {{.group = group,
           .kind = "TrafficLabel",
           .versions = {"v1", "v1beta1"},
           .spec = traffic_label_shape(),
           .others = {},
           .rules = check_label,
           .read = read_label},
          {.group = group,
           .kind = "ASMSwimLaneGroup",
           .versions = {"v1"},
           .spec = group_shape(),
           .others = {},
           .in_namespace = false,
           .rules = check_group,
           .read = read_group},
          {.group = group,
           .kind = "ASMSwimLane",
           .versions = {"v1"},
           .spec = lane_shape(),
           .others = {},
           .in_namespace = false,
           .rules = check_lane,
           .read = read_lane}};
}

}  // namespace meshtwin
