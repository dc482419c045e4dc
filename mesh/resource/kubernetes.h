#pragma once

// The Kubernetes documents a mesh is told of: what runs, and under which name it is called.

#include <cstdint>
#include <string>
#include <vector>

#include "mesh/resource/object_meta.h"

namespace meshtwin {

struct KubeServicePort {
  std::string name;
  std::uint16_t port = 0;
  std::uint16_t target_port = 0;  // 0: named by target_name, or `port` where that is empty too
  std::string target_name;        // of a container's port
  std::string protocol = "http";  // http | http2 | grpc | tcp | tls: by appProtocol, else the name's prefix
};

struct KubeService {
  ObjectMeta meta;
  Labels selector;  // empty: its endpoints are named by EndpointSlices
  std::vector<KubeServicePort> ports;
  bool headless = false;
  std::string external_name;
  std::string traffic_distribution;  // PreferClose | PreferSameZone | PreferSameNode | empty
};

struct ContainerPort {
  std::string name;
  std::uint16_t port = 0;
};

// A Deployment, a StatefulSet, or a Pod (one replica).
struct KubeWorkload {
  ObjectMeta meta;
  std::uint32_t replicas = 1;
  Labels pod_labels;
  Labels pod_annotations;
  std::string service_account = "default";
  std::vector<ContainerPort> ports;  // of all its containers
  Labels node_selector;              // topology.kubernetes.io/zone and the like
};

struct KubeEndpoint {
  std::vector<std::string> addresses;
  bool ready = true;
  std::string zone;
};

struct KubeEndpointSlice {
  ObjectMeta meta;
  std::string service;  // kubernetes.io/service-name
  std::vector<KubeEndpoint> endpoints;
  std::vector<KubeServicePort> ports;
};

struct KubeNamespace {
  ObjectMeta meta;
};

struct KubeServiceAccount {
  ObjectMeta meta;
};

}  // namespace meshtwin
