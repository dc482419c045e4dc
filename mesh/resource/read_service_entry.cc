// Istio's ServiceEntry, WorkloadEntry and WorkloadGroup.

#include <algorithm>
#include <set>

#include "mesh/resource/document_kind.h"
#include "mesh/resource/document_parts.h"
#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/resources.h"
#include "mesh/resource/server_parts.h"

namespace meshtwin {

namespace {

const char* const kSocket = "unix://";

ShapePtr entry_shape() {
  const ShapePtr port_name =
      text_of(1, 62, "[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?", "the name of a port: at most 62 letters, digits and -");
  return object({may("address", text_of(0, 256), "an IP address, a name, or unix:///path"),
                 may("ports", map_of(port_name, port()), "by the service port's name"),
                 may("labels", map_of(nonempty(), text()), "as a pod has them"),
                 may("network", text_of(0, 2048), "it is in"), may("locality", text_of(0, 2048), "region/zone/subzone"),
                 may("weight", integer(0, 0xffffffff), "beside the others"),
                 may("serviceAccount", text_of(0, 253), "whose identity it has")});
}

ShapePtr service_shape() {
  const ShapePtr service_port =
      object({must("number", port(), "of the service"), may("protocol", server_protocol(), "such as HTTP"),
              must("name", nonempty(256), "of the port"), may("targetPort", port(), "of the endpoints")});
  return object({must("hosts", list_of(nonempty(), 1, 256), "its names"),
                 may("addresses", list_of(text_of(0, 64), 0, 256), "virtual ones, or CIDR blocks"),
                 may("ports", list_of(service_port, 0, 256), "of the service"),
                 may("location", word({"MESH_EXTERNAL", "MESH_INTERNAL"}), "default MESH_EXTERNAL"),
                 may("resolution", word({"NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN"}, {"DYNAMIC_DNS"}),
                     "how endpoints are found; default NONE"),
                 may("endpoints", list_of(entry_shape(), 0, 4096), "of the service"),
                 may("workloadSelector", workload_selector(), "pods and WorkloadEntries that are its endpoints"),
                 may("exportTo", texts(), "the namespaces that see it; . is its own, * all"),
                 may("subjectAltNames", texts(), "of its certificates")});
}

ShapePtr group_shape() {
  const ShapePtr header =
      object({may("name", text_of(1, 256, "[-_A-Za-z0-9]+", "the name of a header")), may("value", text())});
  const ShapePtr scheme = text_of(0, 5, "HTTP|HTTPS|", "HTTP or HTTPS");
  const ShapePtr probe = excluding(
      object({may("initialDelaySeconds", count()), may("timeoutSeconds", count()), may("periodSeconds", count()),
              may("successThreshold", count()), may("failureThreshold", count()),
              may("httpGet", object({must("port", port()), may("path", text()), may("host", text()),
                                     may("scheme", scheme), may("httpHeaders", list_of(header))})),
              may("tcpSocket", object({must("port", port()), may("host", text())})),
              may("exec", object({must("command", list_of(nonempty()))})),
              may("grpc", object({may("port", port()), may("service", text())}))}),
      {{"httpGet", "tcpSocket", "exec", "grpc"}});
  return object({may("metadata", object({may("labels", label_map()), may("annotations", map_of(nonempty(), text()))})),
                 must("template", entry_shape()), may("probe", probe)});
}

void check_entry(const Node& entry, bool addressed, Findings& findings) {
  const Node* address = entry.find("address");
  const bool named = address != nullptr && !address->text.empty();
  if (addressed && !named && read_text(&entry, "network").empty())
    findings.refuse(entry, "found neither address nor network, expected an address");
  if (!named || !address->text.starts_with(kSocket)) return;
  const std::string path = address->text.substr(std::string_view(kSocket).size());
  if (!path.starts_with('/') && !path.starts_with('@'))
    findings.refuse(*address, "found " + quote(address->text) + ", expected an absolute path or @name after unix://");
  else if (path.ends_with('/'))
    findings.refuse(*address, "found " + quote(address->text) + ", a folder, expected the path of a socket");
  if (const Node* ports = entry.find("ports")) findings.refuse(*ports, "found ports of a unix socket, expected none");
}

void check_ports(const Node* spec, Findings& findings) {
  std::set<std::string> names, numbers;
  for (const Node& entry : list_at(spec, "ports")) {
    const Node& number = *entry.find("number");
    const Node& name = *entry.find("name");
    if (!numbers.insert(number.text).second)
      findings.refuse(number, "found the port number " + number.text + " a second time, expected each once");
    if (!names.insert(name.text).second)
      findings.refuse(name, "found the port name " + quote(name.text) + " a second time, expected each once");
  }
  for (const Node& endpoint : list_at(spec, "endpoints")) {
    if (const Node* ports = endpoint.find("ports"))
      for (const Node& name : ports->keys)
        if (names.count(name.text) == 0)
          findings.refuse(name, "found the port " + quote(name.text) +
                                    ", expected the name of one of the service's ports (" +
                                    listing({names.begin(), names.end()}) + ")" +
                                    suggestion(name.text, {names.begin(), names.end()}));
  }
}

void check_service(const Node& document, Findings& findings) {
  const Node* spec = document.find("spec");
  const std::string resolution = read_text(spec, "resolution", "NONE");
  const Node* endpoints = spec->find("endpoints");
  if (endpoints != nullptr && spec->find("workloadSelector") != nullptr)
    findings.refuse(*endpoints, "found endpoints beside workloadSelector, expected only one of them");
  if (resolution == "NONE" && endpoints != nullptr)
    findings.refuse(*endpoints, "found endpoints with resolution NONE, expected STATIC or DNS beside them");
  if (resolution == "DNS_ROUND_ROBIN" && list_at(spec, "endpoints").size() > 1)
    findings.refuse(*endpoints, "found several endpoints with resolution DNS_ROUND_ROBIN, expected at most one");
  for (const Node& address : list_at(spec, "addresses"))
    if (address.text.find('/') != std::string::npos && resolution != "NONE" && resolution != "STATIC")
      findings.refuse(address, "found the CIDR block " + quote(address.text) + " among addresses with resolution " +
                                   resolution + ", expected NONE or STATIC");
  for (const Node& host : list_at(spec, "hosts")) {
    if (host.text == "*")
      findings.refuse(host, "found \"*\", expected a host; a wildcard needs a domain, such as *.example.com");
    if (host.text.starts_with("*.") && resolution.starts_with("DNS") && list_at(spec, "endpoints").empty())
      findings.refuse(host, "found the wildcard " + quote(host.text) + " with resolution " + resolution +
                                ", expected a whole name to resolve");
  }
  check_ports(spec, findings);
  for (const Node& endpoint : list_at(spec, "endpoints")) check_entry(endpoint, true, findings);
}

void check_workload_entry(const Node& document, Findings& findings) {
  check_entry(*document.find("spec"), true, findings);
}

void check_group(const Node& document, Findings& findings) {
  check_entry(*document.find("spec")->find("template"), false, findings);
}

WorkloadEntryResource read_entry(const Node* node) {
  WorkloadEntryResource entry;
  entry.address = read_text(node, "address");
  for (const auto& [name, number] : read_labels(node, "ports"))
    entry.ports[name] = static_cast<std::uint16_t>(parse_integer(number).value.value_or(0));
  entry.labels = read_labels(node, "labels");
  entry.network = read_text(node, "network");
  entry.locality = read_text(node, "locality");
  entry.weight = static_cast<std::uint32_t>(read_integer(node, "weight", 0));
  entry.service_account = read_text(node, "serviceAccount");
  return entry;
}

void read_workload_entry(const Node& document, ObjectMeta meta, Resources& into) {
  WorkloadEntryResource entry = read_entry(document.find("spec"));
  entry.meta = std::move(meta);
  into.workload_entries.push_back(std::move(entry));
}

void read_service(const Node& document, ObjectMeta meta, Resources& into) {
  using Service = ServiceEntryResource;
  const Node* spec = document.find("spec");
  Service entry;
  entry.meta = std::move(meta);
  entry.hosts = read_texts(spec, "hosts");
  entry.addresses = read_texts(spec, "addresses");
  for (const Node& node : list_at(spec, "ports"))
    entry.ports.push_back({.number = read_port(&node, "number"),
                           .protocol = upper(read_text(&node, "protocol")),
                           .name = read_text(&node, "name"),
                           .target_port = read_port(&node, "targetPort")});
  if (read_text(spec, "location") == "MESH_INTERNAL") entry.location = Service::Location::mesh_internal;
  const std::string resolution = read_text(spec, "resolution", "NONE");
  entry.resolution = resolution == "STATIC"            ? Service::Resolution::is_static
                     : resolution == "DNS"             ? Service::Resolution::dns
                     : resolution == "DNS_ROUND_ROBIN" ? Service::Resolution::dns_round_robin
                                                       : Service::Resolution::none;
  for (const Node& node : list_at(spec, "endpoints")) entry.endpoints.push_back(read_entry(&node));
  entry.workload_selector = read_labels(spec->find("workloadSelector"), "labels");
  entry.export_to = read_texts(spec, "exportTo");
  into.service_entries.push_back(std::move(entry));
}

}  // namespace

std::vector<DocumentKind> service_entry_kinds() {
  const std::vector<std::string> versions = {"v1", "v1beta1", "v1alpha3"};
  return {{.group = "networking.istio.io",
           .kind = "ServiceEntry",
           .versions = versions,
           .spec = service_shape(),
           .others = {},
           .rules = check_service,
           .read = read_service},
          {.group = "networking.istio.io",
           .kind = "WorkloadEntry",
           .versions = versions,
           .spec = entry_shape(),
           .others = {},
           .rules = check_workload_entry,
           .read = read_workload_entry},
          {.group = "networking.istio.io",
           .kind = "WorkloadGroup",
           .versions = versions,
           .spec = group_shape(),
           .others = {},
           .honoured = false,
           .rules = check_group}};
}

}  // namespace meshtwin
