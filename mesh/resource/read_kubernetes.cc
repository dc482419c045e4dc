// Kubernetes' Namespace, Service, ServiceAccount, Pod, Deployment, StatefulSet and EndpointSlice. What a mesh never
// sees (images, volumes, probes, …) is named, so that a misspelt key is found, and taken as it is.

#include <algorithm>
#include <set>

#include "mesh/resource/document_kind.h"
#include "mesh/resource/document_parts.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/resources.h"

namespace meshtwin {

namespace {

using Kind = Shape::Kind;

ShapePtr port_name() {
  return text_of(0, 63, "([a-z0-9]([-a-z0-9]*[a-z0-9])?)?", "a port's name of a-z, 0-9 and -");
}

ShapePtr transport() {
  return word({"TCP", "UDP", "SCTP"});
}

ShapePtr service_shape() {
  const ShapePtr entry =
      object({may("name", port_name(), "http-… tells the protocol"), must("port", port(), "of the service"),
              may("targetPort", choice({port(), nonempty(63)}), "of the pods; default: port"),
              may("protocol", transport(), "default TCP"), may("appProtocol", text(), "http, grpc, …"),
              may("nodePort", integer(0, 65535))});
  return fields_of_any(
      {"clusterIPs", "externalIPs", "sessionAffinity", "sessionAffinityConfig", "loadBalancerIP",
       "loadBalancerSourceRanges", "loadBalancerClass", "externalTrafficPolicy", "healthCheckNodePort",
       "publishNotReadyAddresses", "ipFamilies", "ipFamilyPolicy", "allocateLoadBalancerNodePorts",
       "internalTrafficPolicy"},
      {may("selector", nullable(label_map()), "of its pods"), may("ports", nullable(list_of(entry)), "it has"),
       may("clusterIP", text(), "None: headless"),
       may("type", word({"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"})),
       may("externalName", text(), "another name for it"),
       may("trafficDistribution", word({"PreferClose", "PreferSameZone", "PreferSameNode"}), "near endpoints first")});
}

ShapePtr container_shape() {
  const ShapePtr entry =
      object({must("containerPort", port(), "it listens on"), may("name", port_name(), "of the port"),
              may("protocol", transport()), may("hostPort", integer(0, 65535)), may("hostIP", text())});
  return fields_of_any({"command",
                        "args",
                        "workingDir",
                        "envFrom",
                        "env",
                        "resources",
                        "resizePolicy",
                        "restartPolicy",
                        "volumeMounts",
                        "volumeDevices",
                        "livenessProbe",
                        "readinessProbe",
                        "startupProbe",
                        "lifecycle",
                        "terminationMessagePath",
                        "terminationMessagePolicy",
                        "imagePullPolicy",
                        "securityContext",
                        "stdin",
                        "stdinOnce",
                        "tty"},
                       {must("name", scalar(Kind::name), "of the container"), may("image", text()),
                        may("ports", nullable(list_of(entry)), "it listens on")});
}

ShapePtr pod_spec_shape() {
  return fields_of_any(
      {"volumes",
       "initContainers",
       "ephemeralContainers",
       "restartPolicy",
       "terminationGracePeriodSeconds",
       "activeDeadlineSeconds",
       "dnsPolicy",
       "automountServiceAccountToken",
       "nodeName",
       "hostNetwork",
       "hostPID",
       "hostIPC",
       "hostUsers",
       "shareProcessNamespace",
       "securityContext",
       "imagePullSecrets",
       "hostname",
       "subdomain",
       "affinity",
       "schedulerName",
       "tolerations",
       "hostAliases",
       "priorityClassName",
       "priority",
       "dnsConfig",
       "readinessGates",
       "runtimeClassName",
       "enableServiceLinks",
       "preemptionPolicy",
       "overhead",
       "topologySpreadConstraints",
       "setHostnameAsFQDN",
       "os",
       "schedulingGates",
       "resourceClaims",
       "resources",
       "hostnameOverride"},
      {must("containers", list_of(container_shape(), 1), "what runs in it"),
       may("serviceAccountName", text(), "whose identity it has"), may("serviceAccount", text(), "its older name"),
       may("nodeSelector", label_map(), "where it runs")});
}

ShapePtr replicated_shape(const std::vector<std::string>& others) {
  const ShapePtr pod_template =
      object({may("metadata", metadata(false), "of the pods"), must("spec", pod_spec_shape(), "of the pods")});
  return fields_of_any(
      others, {may("replicas", nullable(integer(0, 10'000)), "default 1"),
               must("selector", kube_selector(), "of its pods"), must("template", pod_template, "of its pods")});
}

std::vector<Field> slice_fields() {
  const ShapePtr conditions = object({may("ready", nullable(boolean())), may("serving", nullable(boolean())),
                                      may("terminating", nullable(boolean()))});
  const ShapePtr endpoint =
      fields_of_any({"hostname", "targetRef", "nodeName", "hints", "deprecatedTopology"},
                    {must("addresses", list_of(nonempty(), 1, 100), "IP addresses or names"),
                     may("conditions", conditions, "whether it is ready"), may("zone", text(), "it is in")});
  const ShapePtr entry =
      object({may("name", port_name()), may("port", port()), may("protocol", transport()), may("appProtocol", text())});
  return {must("addressType", word({"IPv4", "IPv6", "FQDN"})),
          must("endpoints", nullable(list_of(endpoint, 0, 1000)), "of the service"),
          may("ports", nullable(list_of(entry)), "they listen on")};
}

// As Istio has it: what appProtocol says, otherwise the port's name up to its first -; otherwise found out from the
// traffic, which for us is HTTP.
std::string protocol_of(const Node& node) {
  std::string name = read_text(&node, "appProtocol");
  if (name.starts_with("kubernetes.io/")) name.erase(0, std::string_view("kubernetes.io/").size());
  if (name.empty()) name = read_text(&node, "name").substr(0, read_text(&node, "name").find('-'));
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (name == "h2c" || name == "http2") return "http2";
  if (name == "grpc") return "grpc";
  if (name == "tls" || name == "https" || name == "wss") return "tls";
  if (name == "tcp" || name == "mongo" || name == "redis" || name == "mysql") return "tcp";
  return "http";
}

bool is_tcp(const Node& node) {
  return read_text(&node, "protocol", "TCP") == "TCP";
}

std::vector<KubeServicePort> read_ports(const Node* spec) {
  std::vector<KubeServicePort> ports;
  for (const Node& node : list_at(spec, "ports")) {
    if (!is_tcp(node)) continue;
    KubeServicePort& entry = ports.emplace_back();
    entry.name = read_text(&node, "name");
    entry.port = read_port(&node, "port");
    entry.protocol = protocol_of(node);
    const Node* target = node.find("targetPort");
    if (target == nullptr) continue;
    if (is_number(*target)) {
      entry.target_port = read_port(&node, "targetPort");
    } else {
      entry.target_name = target->text;
    }
  }
  return ports;
}

void read_service(const Node& document, ObjectMeta meta, Resources& into) {
  const Node* spec = document.find("spec");
  into.services.push_back({.meta = std::move(meta),
                           .selector = read_labels(spec, "selector"),
                           .ports = read_ports(spec),
                           .headless = read_text(spec, "clusterIP") == "None",
                           .external_name = read_text(spec, "externalName"),
                           .traffic_distribution = read_text(spec, "trafficDistribution")});
}

void check_service(const Node& document, Findings& findings) {
  const Node* spec = document.find("spec");
  const bool external = read_text(spec, "type") == "ExternalName";
  const auto ports = list_at(spec, "ports");
  if (external && read_text(spec, "externalName").empty())
    findings.refuse(*spec, "found type ExternalName without externalName, expected one");
  if (!external && ports.empty() && read_text(spec, "clusterIP") != "None")
    findings.refuse(*spec, "found no ports, expected at least one");
  std::set<std::string> names, numbers;
  for (const Node& entry : ports) {
    const Node* name = entry.find("name");
    if (name == nullptr && ports.size() > 1)
      findings.refuse(entry, "found no name of one of several ports, expected one");
    if (name != nullptr && !names.insert(name->text).second)
      findings.refuse(*name, "found the port name " + quote(name->text) + " a second time, expected each once");
    if (!numbers.insert(entry.find("port")->text + read_text(&entry, "protocol", "TCP")).second)
      findings.refuse(*entry.find("port"),
                      "found the port " + entry.find("port")->text + " a second time, expected each once");
    if (!is_tcp(entry))
      findings.warn(entry, "a port of " + read_text(&entry, "protocol") + ": a mesh carries TCP only, it is left out");
  }
}

void read_pod(const Node* pod, KubeWorkload& workload) {
  const Node* spec = child(pod, "spec");
  const Node* of_pod = child(pod, "metadata");
  workload.pod_labels = read_labels(of_pod, "labels");
  workload.pod_annotations = read_labels(of_pod, "annotations");
  const std::string account = read_text(spec, "serviceAccountName", read_text(spec, "serviceAccount"));
  if (!account.empty()) workload.service_account = account;
  workload.node_selector = read_labels(spec, "nodeSelector");
  for (const Node& container : list_at(spec, "containers"))
    for (const Node& entry : list_at(&container, "ports"))
      if (is_tcp(entry))
        workload.ports.push_back({.name = read_text(&entry, "name"), .port = read_port(&entry, "containerPort")});
}

void read_workload(const Node& document, ObjectMeta meta, Resources& into) {
  KubeWorkload workload;
  const bool single = meta.kind == "Pod";
  workload.meta = std::move(meta);
  const Node* spec = document.find("spec");
  if (!single) workload.replicas = optional_integer(spec, "replicas").value_or(workload.replicas);
  read_pod(single ? &document : spec->find("template"), workload);
  into.workloads.push_back(std::move(workload));
}

void check_replicated(const Node& document, Findings& findings) {
  const Node* spec = document.find("spec");
  const Node& selector = *spec->find("selector");
  const Labels wanted = read_labels(&selector, "matchLabels");
  const Labels labels = read_labels(child(spec->find("template"), "metadata"), "labels");
  if (wanted.empty() && selector.find("matchExpressions") == nullptr)
    findings.refuse(selector, "found an empty selector, expected matchLabels of its pods");
  for (const auto& [key, value] : wanted) {
    const auto found = labels.find(key);
    if (found == labels.end() || found->second != value)
      findings.refuse(
          *selector.find("matchLabels")->find(key),
          "found " + key + ": " + value + ", which the template's pods do not have, expected a label of theirs");
  }
}

void read_namespace(const Node&, ObjectMeta meta, Resources& into) {
  into.namespaces.push_back({std::move(meta)});
}

void read_account(const Node&, ObjectMeta meta, Resources& into) {
  into.service_accounts.push_back({std::move(meta)});
}

void read_slice(const Node& document, ObjectMeta meta, Resources& into) {
  KubeEndpointSlice slice;
  const auto service = meta.labels.find("kubernetes.io/service-name");
  if (service != meta.labels.end()) slice.service = service->second;
  slice.meta = std::move(meta);
  for (const Node& node : list_at(&document, "endpoints"))
    slice.endpoints.push_back({.addresses = read_texts(&node, "addresses"),
                               .ready = read_boolean(node.find("conditions"), "ready", true),
                               .zone = read_text(&node, "zone")});
  slice.ports = read_ports(&document);
  into.endpoint_slices.push_back(std::move(slice));
}

void check_slice(const Node& document, Findings& findings) {
  if (read_labels(document.find("metadata"), "labels").count("kubernetes.io/service-name") == 0)
    findings.warn(document, "an EndpointSlice without the label kubernetes.io/service-name belongs to no Service");
}

}  // namespace

std::vector<DocumentKind> kubernetes_kinds() {
  const ShapePtr deployment =
      replicated_shape({"strategy", "minReadySeconds", "revisionHistoryLimit", "paused", "progressDeadlineSeconds"});
  const ShapePtr stateful =
      replicated_shape({"serviceName", "volumeClaimTemplates", "podManagementPolicy", "updateStrategy", "ordinals",
                        "revisionHistoryLimit", "minReadySeconds", "persistentVolumeClaimRetentionPolicy"});
  return {
      {.group = {},
       .kind = "Namespace",
       .versions = {"v1"},
       .spec = anything(),
       .spec_required = false,
       .others = {},
       .in_namespace = false,
       .read = read_namespace},
      {.group = {},
       .kind = "Service",
       .versions = {"v1"},
       .spec = service_shape(),
       .others = {},
       .rules = check_service,
       .read = read_service},
      {.group = {},
       .kind = "ServiceAccount",
       .versions = {"v1"},
       .spec = nullptr,
       .others = {may("secrets", anything()), may("imagePullSecrets", anything()),
                  may("automountServiceAccountToken", anything())},
       .read = read_account},
      {.group = {}, .kind = "Pod", .versions = {"v1"}, .spec = pod_spec_shape(), .others = {}, .read = read_workload},
      {.group = "apps",
       .kind = "Deployment",
       .versions = {"v1"},
       .spec = deployment,
       .others = {},
       .rules = check_replicated,
       .read = read_workload},
      {.group = "apps",
       .kind = "StatefulSet",
       .versions = {"v1"},
       .spec = stateful,
       .others = {},
       .rules = check_replicated,
       .read = read_workload},
      {.group = "discovery.k8s.io",
       .kind = "EndpointSlice",
       .versions = {"v1", "v1beta1"},
       .spec = nullptr,
       .others = slice_fields(),
       .rules = check_slice,
       .read = read_slice}};
}

}  // namespace meshtwin
