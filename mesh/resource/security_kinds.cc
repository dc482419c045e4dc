// Istio's AuthorizationPolicy, PeerAuthentication, RequestAuthentication and WasmPlugin: checked, but not acted on.

#include <algorithm>

#include "mesh/resource/document_kind.h"
#include "mesh/resource/document_parts.h"
#include "mesh/resource/reading.h"

namespace meshtwin {

namespace {

ShapePtr authorization_shape() {
  const ShapePtr accounts = list_of(text_of(0, 320), 0, 16);
  const ShapePtr source =
      object({may("principals", texts()), may("notPrincipals", texts()), may("requestPrincipals", texts()),
              may("notRequestPrincipals", texts()), may("namespaces", texts()), may("notNamespaces", texts()),
              may("ipBlocks", texts()), may("notIpBlocks", texts()), may("remoteIpBlocks", texts()),
              may("notRemoteIpBlocks", texts()), may("serviceAccounts", accounts), may("notServiceAccounts", accounts),
              may("trustDomains", texts()), may("notTrustDomains", texts())});
  const ShapePtr operation =
      object({may("hosts", texts()), may("notHosts", texts()), may("ports", texts()), may("notPorts", texts()),
              may("methods", texts()), may("notMethods", texts()), may("paths", texts()), may("notPaths", texts())});
  const ShapePtr condition = object({must("key", nonempty()), may("values", texts()), may("notValues", texts())});
  const ShapePtr rule =
      object({may("from", list_of(object({may("source", source)}), 0, 512)),
              may("to", list_of(object({may("operation", operation)}))), may("when", list_of(condition))});
  return object({may("selector", match_labels()), target_ref(), target_refs(), may("rules", list_of(rule, 0, 512)),
                 may("action", word({"ALLOW", "DENY", "AUDIT", "CUSTOM"})),
                 may("provider", object({may("name", text())}))});
}

const std::vector<std::string> kConditions = {"source.ip",
                                              "remote.ip",
                                              "source.namespace",
                                              "source.principal",
                                              "source.serviceAccount",
                                              "source.trustDomain",
                                              "request.auth.principal",
                                              "request.auth.audiences",
                                              "request.auth.presenter",
                                              "destination.ip",
                                              "destination.port",
                                              "connection.sni"};

void check_condition(const Node& condition, Findings& findings) {
  const Node& key = *condition.find("key");
  const bool known = std::count(kConditions.begin(), kConditions.end(), key.text) > 0 ||
                     key.text.starts_with("request.headers[") || key.text.starts_with("request.auth.claims[") ||
                     key.text.starts_with("experimental.envoy.filters.");
  if (!known)
    findings.refuse(
        key, "found " + quote(key.text) + ", expected an attribute of a request, such as request.headers[x-user]");
  if (list_at(&condition, "values").empty() && list_at(&condition, "notValues").empty())
    findings.refuse(condition, "found neither values nor notValues, expected one of them");
}

void check_source(const Node* source, Findings& findings) {
  if (source == nullptr) return;
  const bool accounts = source->find("serviceAccounts") != nullptr || source->find("notServiceAccounts") != nullptr;
  for (const char* key : {"principals", "notPrincipals", "namespaces", "notNamespaces"})
    if (accounts && source->find(key) != nullptr)
      findings.refuse(*source->find(key),
                      "found " + std::string(key) + " beside serviceAccounts, expected only one of them");
}

void check_authorization(const Node& document, Findings& findings) {
  check_one_target(document, "selector", findings);
  const Node* spec = document.find("spec");
  const bool custom = read_text(spec, "action") == "CUSTOM";
  if (spec != nullptr && custom != (spec->find("provider") != nullptr))
    findings.refuse(*spec, custom ? "found action CUSTOM without a provider, expected one"
                                  : "found a provider without action CUSTOM, expected both");
  for (const Node& rule : list_at(spec, "rules")) {
    for (const Node& from : list_at(&rule, "from")) check_source(from.find("source"), findings);
    for (const Node& condition : list_at(&rule, "when")) check_condition(condition, findings);
  }
}

ShapePtr peer_shape() {
  const ShapePtr mtls = object({may("mode", word({"UNSET", "DISABLE", "PERMISSIVE", "STRICT"}))});
  const ShapePtr port_key = text_of(1, 20, "[0-9]+", "the number of a port, from 1 to 65535");
  return object({may("selector", match_labels()), may("mtls", mtls), may("portLevelMtls", map_of(port_key, mtls, 1))});
}

void check_peer(const Node& document, Findings& findings) {
  const Node* spec = document.find("spec");
  const Node* ports = child(spec, "portLevelMtls");
  if (ports == nullptr) return;
  if (read_labels(child(spec, "selector"), "matchLabels").empty())
    findings.refuse(*ports, "found portLevelMtls without a selector, expected one: ports are those of pods");
  for (const Node& key : ports->keys) {
    const auto number = parse_integer(key.text).value.value_or(0);
    if (number < 1 || number > 65535)
      findings.refuse(key, "found the port " + key.text + ", expected one from 1 to 65535");
  }
}

ShapePtr request_shape() {
  const ShapePtr url = text_of(1, 2048, "https?://.*", "a URL that begins with http:// or https://");
  const ShapePtr header = object({must("name", nonempty()), may("prefix", text())});
  const ShapePtr claim =
      object({must("header", text_of(1, 256, "[-_A-Za-z0-9]+", "the name of a header: letters, digits, - and _")),
              must("claim", nonempty())});
  const ShapePtr rule =
      excluding(object({may("issuer", nonempty()), may("audiences", list_of(nonempty())), may("jwksUri", url),
                        may("jwks_uri", url), may("jwks", text()), may("fromHeaders", list_of(header)),
                        may("fromParams", list_of(nonempty())), may("fromCookies", list_of(nonempty())),
                        may("outputPayloadToHeader", text()), may("forwardOriginalToken", boolean()),
                        may("outputClaimToHeaders", list_of(claim)), may("timeout", duration()),
                        may("spaceDelimitedClaims", list_of(nonempty(), 0, 64))}),
                {{"jwksUri", "jwks_uri", "jwks"}});
  return object(
      {may("selector", match_labels()), target_ref(), target_refs(), may("jwtRules", list_of(rule, 0, 4096))});
}

void check_request(const Node& document, Findings& findings) {
  check_one_target(document, "selector", findings);
}

ShapePtr wasm_shape() {
  const ShapePtr url =
      text_of(1, 2048, "(https?|oci|file)://[^#% ]+|[^:#% /]+(:[^:#% /]+)?(/[^#% ]*)?",
              "a URL that begins with oci://, http://, https:// or file://, or the name of an OCI image");
  const ShapePtr traffic = object({may("mode", word({"UNDEFINED", "CLIENT", "SERVER", "CLIENT_AND_SERVER"})),
                                   may("ports", list_of(object({must("number", port())})))});
  const ShapePtr variable =
      object({must("name", nonempty(256)), may("value", text_of(0, 2048)), may("valueFrom", word({"INLINE", "HOST"}))});
  return object({may("selector", match_labels()), target_ref(), target_refs(), must("url", url),
                 may("sha256", text_of(0, 64, "([a-f0-9]{64})?", "a SHA-256 digest: 64 of 0-9 and a-f")),
                 may("imagePullPolicy", word({"UNSPECIFIED_POLICY", "IfNotPresent", "Always"})),
                 may("imagePullSecret", nonempty(253)), may("verificationKey", text()),
                 may("pluginConfig", map_of(nonempty(), anything())), may("pluginName", nonempty(256)),
                 may("phase", word({"UNSPECIFIED_PHASE", "AUTHN", "AUTHZ", "STATS"})),
                 may("priority", nullable(integer(-0x7fffffff, 0x7fffffff))),
                 may("failStrategy", word({"FAIL_CLOSE", "FAIL_OPEN", "FAIL_RELOAD"})),
                 may("vmConfig", object({may("env", list_of(variable, 0, 256))})), may("match", list_of(traffic)),
                 may("type", word({"UNSPECIFIED_PLUGIN_TYPE", "HTTP", "NETWORK"}))});
}

void check_wasm(const Node& document, Findings& findings) {
  check_one_target(document, "selector", findings);
  for (const Node& variable : list_at(child(document.find("spec"), "vmConfig"), "env"))
    if (read_text(&variable, "valueFrom") == "HOST" && variable.find("value") != nullptr)
      findings.refuse(*variable.find("value"), "found a value with valueFrom HOST, expected none");
}

}  // namespace

std::vector<DocumentKind> security_kinds() {
  const std::string group = "security.istio.io";
  const std::vector<std::string> versions = {"v1", "v1beta1"};
  return {{.group = group,
           .kind = "AuthorizationPolicy",
           .versions = versions,
           .spec = authorization_shape(),
           .spec_required = false,
           .others = {},
           .honoured = false,
           .rules = check_authorization},
          {.group = group,
           .kind = "PeerAuthentication",
           .versions = versions,
           .spec = peer_shape(),
           .spec_required = false,
           .others = {},
           .honoured = false,
           .rules = check_peer},
          {.group = group,
           .kind = "RequestAuthentication",
           .versions = versions,
           .spec = request_shape(),
           .spec_required = false,
           .others = {},
           .honoured = false,
           .rules = check_request},
          {.group = "extensions.istio.io",
           .kind = "WasmPlugin",
           .versions = {"v1alpha1"},
           .spec = wasm_shape(),
           .others = {},
           .honoured = false,
           .rules = check_wasm}};
}

}  // namespace meshtwin
