#pragma once

// What the control plane is started with: the declared services and pods, and the Istio documents. That a pod is
// declared does not make it an endpoint: its sidecar must have reported it ready.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mesh/base/time.h"
#include "mesh/identity/mtls.h"
#include "mesh/resource/document_text.h"
#include "mesh/resource/locality.h"
#include "mesh/resource/object_meta.h"
#include "mesh/telemetry/workload_labels.h"

namespace meshtwin {

struct ServicePort {
  std::string name;
  std::uint16_t port = 0;
  std::string protocol;           // http | http2 | grpc | tcp | tls
  std::uint16_t target_port = 0;  // of its pods; 0: `port`
};

// How the data plane reaches the pods of a run.
enum class DataPlane : unsigned char { sidecar, ambient };

struct ServiceDeclaration {
  std::string name;  // short name
  std::string host;  // "backend.default.svc.cluster.local"; its second element is the namespace
  std::uint32_t vip = 0;
  std::vector<ServicePort> ports = {};
  std::string
      waypoint;  // the service's, by the istio.io/use-waypoint label: name of a waypoint pod's service; empty: none
  Labels selector = {};                   // of its pods, in its namespace; empty: those whose `service` it is
  std::string traffic_distribution = {};  // PreferClose | PreferSameZone | PreferSameNode | empty
};

struct PodDeclaration {
  std::uint32_t pod = 0;  // its place in the Plan's pods
  std::string name;
  std::string service;  // short name of one without a selector; empty: none
  std::uint32_t ip = 0;
  Locality locality;
  std::map<std::string, std::string> labels;
  std::string service_account;
  std::string node;
  bool mesh = true;           // false: no proxy stands before it
  bool node_proxy = false;    // a ztunnel: it may have the identities of the pods on its node
  std::string workload = {};  // of which it is a pod: "backend-az-a"
  std::string name_space = "default";
  bool starts = true;  // with the run; otherwise perhaps later, and nobody waits for it
};

// Who the pod is, as its labels say.
inline WorkloadLabels labels_of(const PodDeclaration& pod) {
  const auto label = [&pod](const char* name, const std::string& otherwise) {
    const auto found = pod.labels.find(name);
    return found == pod.labels.end() ? otherwise : found->second;
  };
  WorkloadLabels labels;
  labels.workload = pod.workload;
  labels.name_space = pod.name_space;
  labels.app = label("app", pod.workload);
  labels.version = label("version", labels.version);
  return labels;
}

struct ControlPlaneConfig {
  std::uint16_t port = 15010;
  std::uint16_t authority_port = 15012;
  DataPlane data_plane = DataPlane::sidecar;
  Mtls mtls = Mtls::disable;
  std::string trust_domain = "cluster.local";
  Duration certificate_lifetime = 24 * 3600 * kSecond;
  std::vector<ServiceDeclaration> services;
  std::vector<PodDeclaration> pods;
  std::vector<DocumentText> documents;     // what was applied before it started
  Duration gone = 10 * kSecond;            // after a pod's stream broke, without a new one
  Duration keepalive = 5 * kSecond;        // a stream silent for two of these is broken
  Duration debounce = 100 * kMillisecond;  // changes this close together are pushed as one
  // How long a control plane that starts waits for declared pods to report before it sends endpoints without them: long
  // enough for a proxy that sleeps through its longest back-off (kLongestXdsBackOff) and then connects. 0: it does not.
  Duration patience = 35 * kSecond;
  Duration journal_every = 0;  // of its metrics (TelemetryConfig)
  bool zone_aware = false;     // proxies keep to their zones where that overloads nobody, and no rule says otherwise
};

}  // namespace meshtwin
