#pragma once

// Alibaba Cloud Service Mesh's documents for full-link traffic lanes: TrafficLabel (what a proxy labels traffic with),
// ASMSwimLaneGroup and ASMSwimLane (istio.alibabacloud.com). Source: mesh-semantics notes, section 4.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mesh/resource/object_meta.h"
#include "mesh/resource/string_match.h"
#include "mesh/resource/virtual_service.h"

namespace meshtwin {

// Where a label's value comes from; the first that yields one wins.
struct LabelSource {
  enum class Kind : unsigned char {
    inbound_request_header,
    external_inbound_request_header,
    local_outbound_request_header,
    pod_label
  };
  Kind kind = Kind::inbound_request_header;
  std::string name;        // of the header, or of the pod's label
  std::string context_id;  // external_…: the header that holds the id (of the trace) by which the label is found

  bool operator==(const LabelSource&) const = default;
};

struct TrafficLabelRule {
  std::string label;  // a header name: it is set on what goes out
  std::vector<LabelSource> value_from;
  std::vector<std::string> protocols;  // empty: http

  bool operator==(const TrafficLabelRule&) const = default;
};

struct TrafficLabel {
  ObjectMeta meta;
  Labels selector;  // empty: the whole namespace
  std::vector<TrafficLabelRule> rules;
};

// How requests enter the lanes of a group at its gateway: each lane's by rules of its own, or all by the same matches
// and then by the weights of the lanes (ingress.ingressRouting).
struct SwimLaneIngressRouting {
  bool weighted = false;           // ingressRoutingStrategy: weighted; otherwise rule_based
  std::vector<std::string> hosts;  // weightedRoutingRule.hosts; empty: all
  std::vector<HttpMatch> matches;  // weightedRoutingRule.requestMatches: uri, headers; empty: every request
};

struct SwimLaneGroup {
  ObjectMeta meta;
  std::vector<std::string> services;  // "namespace/name" or "cluster/namespace/name"
  std::string ingress_gateway;        // ingress.gateway: name, or the pods' istio label
  std::string ingress_namespace;
  Labels ingress_selector;
  SwimLaneIngressRouting ingress_routing;
  bool permissive = false;
  std::string fallback_target;                          // the baseline lane
  std::map<std::string, std::string> service_fallback;  // service -> lane
  std::string trace_header;
  std::string route_header;
};

struct SwimLaneIngressRule {
  std::string name;
  std::vector<std::string> hosts;
  HttpMatch match;      // its uri, headers, …
  std::string service;  // the host of its destination; empty: the lane's ingress_service
  std::uint16_t port = 0;
};

struct SwimLane {
  ObjectMeta meta;
  std::string group;
  Labels label_selector;              // which pods of the group's services are in the lane
  std::vector<std::string> services;  // empty: the group's that have pods in it
  std::vector<SwimLaneIngressRule> ingress_rules;
  std::uint32_t ingress_weight = 0;  // percent; 0: not said
  std::string ingress_service;       // whom the weighted ingress leads to; empty: the group's first
  std::uint16_t ingress_port = 0;    // 0: its only one
};

}  // namespace meshtwin
