// Istio's Sidecar, Telemetry and ProxyConfig.

#include "mesh/resource/document_kind.h"
#include "mesh/resource/document_parts.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/resources.h"
#include "mesh/resource/server_parts.h"

namespace meshtwin {

namespace {

ShapePtr sidecar_shape() {
  const ShapePtr mode = word({"DEFAULT", "IPTABLES", "NONE"});
  const ShapePtr listened =
      object({must("number", port(), "that is called"), may("protocol", server_protocol(), "such as HTTP"),
              may("name", text(), "of the port"), idle("targetPort", port())});
  const ShapePtr ingress =
      object({must("port", listened), may("bind", text()), may("captureMode", mode), may("defaultEndpoint", text()),
              may("tls", server_tls()), may("connectionPool", anything())});
  const ShapePtr egress =
      object({may("port", listened, "it is about; none: every port"), idle("bind", text()), idle("captureMode", mode),
              must("hosts", list_of(nonempty(), 1), "namespace/host; . is its own namespace, * all, ~ none")});
  const ShapePtr outbound =
      object({may("mode", word({"REGISTRY_ONLY", "ALLOW_ANY"}), "default ALLOW_ANY"), idle("egressProxy", anything())});
  return object({may("workloadSelector", workload_selector(), "the pods it is for; none: the whole namespace"),
                 idle("ingress", list_of(ingress)), may("egress", list_of(egress), "what they are told of"),
                 idle("inboundConnectionPool", anything()),
                 may("outboundTrafficPolicy", outbound, "of what nobody knows")});
}

void check_sidecar(const Node& document, Findings& findings) {
  const Node* spec = document.find("spec");
  for (const Node& egress : list_at(spec, "egress"))
    for (const Node& host : list_at(&egress, "hosts")) {
      if (host.text.find('/') == std::string::npos)
        findings.refuse(host, "found " + quote(host.text) +
                                  ", expected namespace/host, such as ./* or prod/reviews.prod.svc.cluster.local");
      else
        check_namespaced_host(host, findings);
    }
}

void read_sidecar(const Node& document, ObjectMeta meta, Resources& into) {
  const Node* spec = document.find("spec");
  SidecarResource sidecar;
  sidecar.meta = std::move(meta);
  sidecar.selector = read_labels(child(spec, "workloadSelector"), "labels");
  for (const Node& node : list_at(spec, "egress"))
    sidecar.egress.push_back({.port = read_port(node.find("port"), "number"), .hosts = read_texts(&node, "hosts")});
  sidecar.registry_only = read_text(child(spec, "outboundTrafficPolicy"), "mode") == "REGISTRY_ONLY";
  into.sidecars.push_back(std::move(sidecar));
}

ShapePtr workload_mode() {
  return object({may("mode", word({"CLIENT_AND_SERVER"}, {"CLIENT", "SERVER"}), "which side reports")});
}

ShapePtr providers() {
  return list_of(object({must("name", nonempty(), "of the provider")}));
}

ShapePtr metrics_shape() {
  const ShapePtr tag = object({may("operation", word({"UPSERT", "REMOVE"})), may("value", text())});
  const std::vector<std::string> metrics = {"REQUEST_COUNT",         "REQUEST_DURATION",       "REQUEST_SIZE",
                                            "RESPONSE_SIZE",         "TCP_OPENED_CONNECTIONS", "TCP_CLOSED_CONNECTIONS",
                                            "TCP_SENT_BYTES",        "TCP_RECEIVED_BYTES",     "GRPC_REQUEST_MESSAGES",
                                            "GRPC_RESPONSE_MESSAGES"};
  const ShapePtr match = excluding(
      object({may("metric", word({"ALL_METRICS"}, metrics), "which are meant"), idle("customMetric", nonempty()),
              may("mode", word({"CLIENT_AND_SERVER"}, {"CLIENT", "SERVER"}), "which side reports")}),
      {{"metric", "customMetric"}});
  const ShapePtr overrides =
      object({may("match", match, "which are meant"), may("disabled", nullable(boolean()), "not reported"),
              idle("tagOverrides", map_of(nonempty(), tag))});
  return object({may("providers", providers(), "who gets them"),
                 may("overrides", list_of(overrides), "of single metrics"),
                 may("reportingInterval", duration(), "not used")});
}

ShapePtr tracing_shape() {
  const ShapePtr named = object({must("name", nonempty()), may("defaultValue", text())});
  const ShapePtr valued = object({must("value", nonempty())});
  const ShapePtr tag = excluding(
      object({may("literal", valued), may("environment", named), may("header", named), may("formatter", valued)}),
      {{"literal", "environment", "header", "formatter"}});
  return object({may("match", workload_mode(), "which side reports"), may("providers", providers(), "who gets them"),
                 may("randomSamplingPercentage", nullable(real_percent()), "of the traces"),
                 may("disableSpanReporting", nullable(boolean()), "none at all"),
                 idle("customTags", map_of(nonempty(), tag)), idle("useRequestIdForTraceSampling", nullable(boolean())),
                 idle("enableIstioTags", nullable(boolean())), idle("disableContextPropagation", nullable(boolean()))});
}

ShapePtr telemetry_shape() {
  const ShapePtr logging = object(
      {may("match", workload_mode(), "which side reports"), may("providers", providers(), "who gets it"),
       may("disabled", nullable(boolean()), "none at all"), idle("filter", object({may("expression", text())}))});
  return object({may("selector", match_labels(), "the pods it is for; none: the whole namespace"), target_ref(),
                 target_refs(), idle("tracing", list_of(tracing_shape())), idle("metrics", list_of(metrics_shape())),
                 may("accessLogging", list_of(logging), "access logs")});
}

void check_tags(const Node& overrides, Findings& findings) {
  const Node* tags = overrides.find("tagOverrides");
  if (tags == nullptr) return;
  for (const Node& tag : tags->items) {
    const std::string operation = read_text(&tag, "operation");
    if (operation == "REMOVE" && tag.find("value") != nullptr)
      findings.refuse(*tag.find("value"), "found a value with operation REMOVE, expected none");
    if (operation == "UPSERT" && read_text(&tag, "value").empty())
      findings.refuse(tag, "found operation UPSERT without a value, expected one");
  }
}

void check_telemetry(const Node& document, Findings& findings) {
  check_one_target(document, "selector", findings);
  for (const Node& metrics : list_at(document.find("spec"), "metrics"))
    for (const Node& overrides : list_at(&metrics, "overrides")) check_tags(overrides, findings);
}

void read_telemetry(const Node& document, ObjectMeta meta, Resources& into) {
  const Node* spec = document.find("spec");
  TelemetryResource telemetry;
  telemetry.meta = std::move(meta);
  telemetry.selector = read_labels(child(spec, "selector"), "matchLabels");
  for (const Node& logging : list_at(spec, "accessLogging")) {
    const bool disabled = read_boolean(&logging, "disabled", false);
    if (disabled || logging.find("providers") != nullptr) telemetry.access_log = !disabled;
  }
  into.telemetries.push_back(std::move(telemetry));
}

ShapePtr proxy_config_shape() {
  return object({may("selector", match_labels()), may("concurrency", nullable(count())),
                 may("environmentVariables", map_of(nonempty(), text_of(0, 2048))),
                 may("image", object({may("imageType", text())}))});
}

}  // namespace

std::vector<DocumentKind> proxy_scope_kinds() {
  return {{.group = "networking.istio.io",
           .kind = "Sidecar",
           .versions = {"v1", "v1beta1", "v1alpha3"},
           .spec = sidecar_shape(),
           .spec_required = false,
           .others = {},
           .rules = check_sidecar,
           .read = read_sidecar},
          {.group = "telemetry.istio.io",
           .kind = "Telemetry",
           .versions = {"v1", "v1alpha1"},
           .spec = telemetry_shape(),
           .spec_required = false,
           .others = {},
           .rules = check_telemetry,
           .read = read_telemetry},
          {.group = "networking.istio.io",
           .kind = "ProxyConfig",
           .versions = {"v1beta1"},
           .spec = proxy_config_shape(),
           .spec_required = false,
           .others = {},
           .honoured = false}};
}

}  // namespace meshtwin
