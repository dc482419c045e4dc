// Istio's Gateway.

#include <set>

#include "mesh/resource/document_kind.h"
#include "mesh/resource/document_parts.h"
#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/resources.h"
#include "mesh/resource/server_parts.h"

namespace meshtwin {

namespace {

ShapePtr spec_shape() {
  const ShapePtr gateway_port =
      object({must("number", port(), "that is listened on"), must("protocol", server_protocol(), "such as HTTP"),
              must("name", nonempty(), "by which it is known"), idle("targetPort", port())});
  const ShapePtr server = object({must("port", gateway_port, "that is listened on"), idle("bind", text()),
                                  must("hosts", list_of(nonempty(), 1), "namespace/host or host; * is any"),
                                  may("tls", server_tls(), "how it is spoken"), idle("defaultEndpoint", text()),
                                  may("name", text(), "of the server")});
  return object({may("selector", map_of(nonempty(), text()), "labels of the gateway's pods"),
                 must("servers", list_of(server, 1), "what is listened for")});
}

void check_tls(const Node& server, Findings& findings) {
  const Node* tls = server.find("tls");
  const std::string protocol = read_text(server.find("port"), "protocol");
  const bool secure = protocol == "HTTPS" || protocol == "TLS";
  if (secure && tls == nullptr)
    findings.refuse(server, "found protocol " + protocol + " without tls, expected tls with a mode");
  if (!secure && tls != nullptr && tls->find("mode") != nullptr)
    findings.warn(*tls, "tls has no effect on a port of protocol " + protocol);
  const std::string mode = read_text(tls, "mode");
  if (secure && findings.of_a_run() && !mode.empty() && mode != "PASSTHROUGH" && mode != "AUTO_PASSTHROUGH")
    findings.refuse(*tls->find("mode"),
                    "found mode " + mode + ", expected PASSTHROUGH: gateways of a run hold no certificates");
  if (secure && (mode == "SIMPLE" || mode == "MUTUAL") && tls->find("credentialName") == nullptr &&
      tls->find("serverCertificate") == nullptr && tls->find("credentialNames") == nullptr &&
      tls->find("tlsCertificates") == nullptr)
    findings.refuse(*tls, "found no certificate for mode " + mode + ", expected credentialName");
}

void check_rules(const Node& document, Findings& findings) {
  std::set<std::string> names;
  for (const Node& server : list_at(document.find("spec"), "servers")) {
    check_tls(server, findings);
    const Node& name = *server.find("port")->find("name");
    if (!names.insert(name.text).second)
      findings.refuse(name, "found the port name " + quote(name.text) + " a second time, expected each once");
    for (const Node& host : list_at(&server, "hosts")) check_namespaced_host(host, findings);
  }
}

void read_gateway(const Node& document, ObjectMeta meta, Resources& into) {
  const Node* spec = document.find("spec");
  IstioGateway gateway;
  gateway.meta = std::move(meta);
  gateway.selector = read_labels(spec, "selector");
  for (const Node& node : list_at(spec, "servers")) {
    const Node* tls = node.find("tls");
    gateway.servers.push_back(
        {.port = read_port(node.find("port"), "number"),
         .protocol = upper(read_text(node.find("port"), "protocol")),
         .name = read_text(node.find("port"), "name"),
         .hosts = read_texts(&node, "hosts"),
         .tls_mode = tls == nullptr
                         ? ""
                         : read_text(tls, "mode", read_boolean(tls, "httpsRedirect", false) ? "" : "PASSTHROUGH"),
         .https_redirect = read_boolean(tls, "httpsRedirect", false)});
  }
  into.gateways.push_back(std::move(gateway));
}

}  // namespace

std::vector<DocumentKind> istio_gateway_kind() {
  return {{.group = "networking.istio.io",
           .kind = "Gateway",
           .versions = {"v1", "v1beta1", "v1alpha3"},
           .spec = spec_shape(),
           .others = {},
           .rules = check_rules,
           .read = read_gateway}};
}

}  // namespace meshtwin
