#include "mesh/resource/gateway_api_shapes.h"

#include "mesh/resource/document_parts.h"

namespace meshtwin {

namespace {

using Kind = Shape::Kind;

// "0s" is none at all; at most hours, as Gateway API's durations are.
ShapePtr timeout() {
  return duration_or_zero();
}

ShapePtr hostname() {
  return text_of(1, 253, "(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
                 "a host, or *. and a domain");
}

ShapePtr group() {
  return text_of(0, 253);
}

ShapePtr parent_refs() {
  const ShapePtr parent = object(
      {may("group", group(), "of the kind"),
       may("kind", word({"Gateway", "Service", "ServiceEntry"}), "default Gateway"),
       may("namespace", scalar(Kind::name), "default: the route's"), must("name", object_name(), "of the parent"),
       may("sectionName", nonempty(253), "a listener's name"), may("port", port(), "of the parent")});
  return list_of(parent, 0, 32);
}

std::vector<Field> backend_fields() {
  return {
      may("group", group(), "of the kind"),
      may("kind", word({"Service"}, {"ServiceEntry", "Hostname", "ServiceImport", "InferencePool"}), "default Service"),
      must("name", nonempty(253), "of the Service"), may("namespace", scalar(Kind::name), "default: the route's"),
      may("port", port(), "of the Service")};
}

ShapePtr header_modifier() {
  const ShapePtr header = object({must("name", header_name()), must("value", text())});
  return object({may("set", list_of(header), "in place of what is there"),
                 may("add", list_of(header), "beside what is there"),
                 may("remove", list_of(header_name()), "by name")});
}

ShapePtr path_modifier() {
  return excluding(object({must("type", word({"ReplaceFullPath", "ReplacePrefixMatch"})),
                           may("replaceFullPath", text(), "the new path"),
                           may("replacePrefixMatch", text(), "in place of the prefix that matched")}),
                   {{"replaceFullPath", "replacePrefixMatch"}});
}

ShapePtr mirror_shape() {
  const ShapePtr fraction =
      object({must("numerator", count()), may("denominator", integer(1, 0x7fffffff), "default 100")});
  return excluding(object({must("backendRef", object(backend_fields()), "gets a copy"),
                           may("percent", percent(), "of the requests"), may("fraction", fraction, "of the requests")}),
                   {{"percent", "fraction"}});
}

ShapePtr cors_shape() {
  return object({may("allowOrigins", texts(), "* is any"),
                 may("allowCredentials", nullable(boolean()), "cookies and the like"),
                 may("allowMethods", texts(), "for preflights"), may("allowHeaders", texts(), "for preflights"),
                 may("exposeHeaders", texts(), "to scripts"), may("maxAge", integer(1, 0x7fffffff), "seconds")});
}

std::vector<Field> common_filters() {
  return {may("requestHeaderModifier", header_modifier(), "of requests"),
          may("responseHeaderModifier", header_modifier(), "of answers"),
          may("requestMirror", mirror_shape(), "a copy"), idle("extensionRef", anything())};
}

ShapePtr http_filter_shape(bool of_backend) {
  std::vector<Field> fields = common_filters();
  if (of_backend)
    for (Field& field : fields)
      field.honoured = field.key == "requestHeaderModifier" || field.key == "responseHeaderModifier";
  const ShapePtr redirect =
      object({may("scheme", word({"http", "https"}), "the new one"), may("hostname", hostname(), "the new one"),
              may("path", path_modifier(), "the new one"), may("port", port(), "the new one"),
              may("statusCode", integer(301, 308), "default 302")});
  const ShapePtr rewrite =
      object({may("hostname", hostname(), "the new one"), may("path", path_modifier(), "the new one")});
  fields.push_back({"requestRedirect", redirect, false, "the client is sent elsewhere", !of_backend});
  fields.push_back({"urlRewrite", rewrite, false, "before it is passed on", !of_backend});
  fields.push_back({"cors", cors_shape(), false, "who may call from a browser", !of_backend});
  fields.push_back(must("type",
                        word({"RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "RequestRedirect",
                              "URLRewrite", "CORS", "ExtensionRef"}),
                        "which filter this is"));
  return object(std::move(fields));
}

ShapePtr grpc_filter_shape(bool of_backend) {
  std::vector<Field> fields = common_filters();
  if (of_backend)
    for (Field& field : fields)
      field.honoured = field.key == "requestHeaderModifier" || field.key == "responseHeaderModifier";
  fields.push_back(must("type",
                        word({"RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "ExtensionRef"}),
                        "which filter this is"));
  return object(std::move(fields));
}

ShapePtr backend_refs(const ShapePtr& filter) {
  std::vector<Field> fields = backend_fields();
  fields.push_back(may("weight", integer(0, 1'000'000), "of the sum of all; default 1"));
  if (filter != nullptr) fields.push_back(may("filters", list_of(filter), "for this one"));
  return list_of(object(std::move(fields)), 0, 16);
}

ShapePtr named_match(const std::string& about) {
  return object({may("type", word({"Exact", "RegularExpression"}), "default Exact"), must("name", header_name(), about),
                 must("value", text(), "what it is")});
}

ShapePtr http_match_shape() {
  const ShapePtr path = object({may("type", word({"Exact", "PathPrefix", "RegularExpression"}), "default PathPrefix"),
                                may("value", text_of(0, 1024), "default /")});
  return object({may("path", path, "of the request"),
                 may("headers", list_of(named_match("of the header"), 0, 16), "all of these"),
                 may("queryParams", list_of(named_match("of the parameter"), 0, 16), "all of these"),
                 may("method", word({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}),
                     "of the request")});
}

std::vector<Field> route_fields(ShapePtr rule, bool hosts, bool rules_required) {
  std::vector<Field> fields = {
      may("parentRefs", parent_refs(), "Gateways or Services"),
      {"rules", list_of(std::move(rule), rules_required ? 1 : 0, 16), rules_required, "where to"},
      may("useDefaultGateways", text(), "not used")};
  if (hosts)
    fields.push_back(
        may("hostnames", list_of(hostname(), 0, 16), "whose traffic it is about; none: all of the listener's"));
  return fields;
}

}  // namespace

ShapePtr kube_gateway_shape() {
  const ShapePtr namespaces = object({may("from", word({"All", "Same", "Selector"}, {"None"}), "default Same"),
                                      may("selector", kube_selector(), "of namespaces")});
  const ShapePtr allowed =
      object({may("namespaces", namespaces, "whose routes may attach"),
              may("kinds", list_of(object({may("group", group()), must("kind", nonempty())})), "of routes")});
  const ShapePtr tls = object({may("mode", word({"Terminate", "Passthrough"}), "default Terminate"),
                               may("certificateRefs", anything(), "the mesh's authority makes one"),
                               idle("frontendValidation", anything()), idle("options", anything())});
  const ShapePtr listener =
      object({must("name", nonempty(253), "of the listener"), may("hostname", hostname(), "none: any"),
              must("port", port(), "that is listened on"),
              must("protocol", word({"HTTP", "HTTPS", "TCP", "TLS", "HBONE"}, {"UDP"}), "that is spoken"),
              may("tls", tls, "how"), may("allowedRoutes", allowed, "who may attach")});
  return object({must("gatewayClassName", nonempty(253), "istio, or istio-waypoint"),
                 must("listeners", list_of(listener, 1, 64), "what is listened for"),
                 may("infrastructure", anything(), "not used"), idle("addresses", anything()),
                 idle("backendTLS", anything()), idle("tls", anything()), idle("allowedListeners", anything())});
}

ShapePtr http_route_shape() {
  const ShapePtr timeouts = object(
      {may("request", timeout(), "retries included; 0s: none"), may("backendRequest", timeout(), "of one attempt")});
  const ShapePtr retry =
      object({may("codes", list_of(integer(400, 599)), "that are tried again"),
              may("attempts", count(), "after the first"), may("backoff", duration(), "to begin with")});
  const ShapePtr rule = object({may("name", nonempty(253), "of the rule"),
                                may("matches", list_of(http_match_shape(), 0, 64), "any of these"),
                                may("filters", list_of(http_filter_shape(false), 0, 16), "in this order"),
                                may("backendRefs", backend_refs(http_filter_shape(true)), "where to, by weight"),
                                may("timeouts", timeouts, "of requests"), may("retry", retry, "of failed requests"),
                                idle("sessionPersistence", anything())});
  return object(route_fields(rule, true, false));
}

ShapePtr grpc_route_shape() {
  const ShapePtr method =
      object({may("type", word({"Exact", "RegularExpression"}), "default Exact"),
              may("service", nonempty(1024), "package.Service"), may("method", nonempty(1024), "of the service")});
  const ShapePtr match = object({may("method", method, "that is called"),
                                 may("headers", list_of(named_match("of the header"), 0, 16), "all of these")});
  const ShapePtr rule =
      object({may("name", nonempty(253), "of the rule"), may("matches", list_of(match, 0, 64), "any of these"),
              may("filters", list_of(grpc_filter_shape(false), 0, 16), "in this order"),
              may("backendRefs", backend_refs(grpc_filter_shape(true)), "where to, by weight"),
              idle("sessionPersistence", anything())});
  return object(route_fields(rule, true, false));
}

ShapePtr tcp_route_shape() {
  return object(route_fields(object({may("name", nonempty(253), "of the rule"),
                                     must("backendRefs", backend_refs(nullptr), "where to, by weight")}),
                             false, true));
}

ShapePtr reference_grant_shape() {
  const ShapePtr from =
      object({must("group", group()), must("kind", nonempty(63)), must("namespace", scalar(Kind::name))});
  const ShapePtr to =
      object({must("group", group()), must("kind", nonempty(63)), may("name", nonempty(253), "none: all of the kind")});
  return object({must("from", list_of(from, 1, 16), "who may refer"), must("to", list_of(to, 1, 16), "to what")});
}

}  // namespace meshtwin
