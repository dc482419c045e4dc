// What a VirtualService looks like. Source: networking.istio.io/v1 (istio/api b8f8791).

#include "mesh/resource/virtual_service_shape.h"

#include "mesh/resource/document_parts.h"
#include "mesh/resource/route_parts.h"

namespace meshtwin {

namespace {

ShapePtr headers_shape() {
  const ShapePtr values = map_of(header_name(), text());
  const ShapePtr operations =
      object({may("set", values, "in place of what is there"), may("add", values, "beside what is there"),
              may("remove", list_of(header_name()), "by name")});
  return object({may("request", operations, "of requests"), may("response", operations, "of answers")});
}

ShapePtr weight() {
  return integer(0, 0x7fffffff);
}

std::vector<Field> source_fields() {
  return {may("port", port(), "that is called"), may("sourceLabels", label_map(), "of the client"),
          may("gateways", texts(), "where it applies; mesh: at sidecars"),
          may("sourceNamespace", text(), "of the client")};
}

ShapePtr http_match_shape() {
  const ShapePtr match = string_match_shape();
  std::vector<Field> fields = {may("name", text(), "for access logs"),
                               may("uri", match, "the path"),
                               may("scheme", match, "http or https"),
                               may("method", match, "GET, POST, …"),
                               may("authority", match, "the Host header"),
                               may("headers", string_match_map_shape(), "by name, in lower case"),
                               may("queryParams", string_match_map_shape(), "by name"),
                               may("ignoreUriCase", boolean(), "of exact and prefix"),
                               may("withoutHeaders", string_match_map_shape(), "none of these must match"),
                               may("statPrefix", text())};
  for (Field& field : source_fields()) fields.push_back(std::move(field));
  return object(std::move(fields));
}

ShapePtr share_shape() {
  return object({may("value", real_percent(), "percent")});
}

ShapePtr fault_shape() {
  const ShapePtr delay = excluding(object({may("fixedDelay", duration(), "before it is passed on"),
                                           may("percentage", share_shape(), "of the requests"),
                                           may("percent", percent(), "of the requests; percentage is its newer form"),
                                           idle("exponentialDelay", duration())}),
                                   {{"fixedDelay", "exponentialDelay"}});
  const ShapePtr abort =
      excluding(object({may("httpStatus", status_code(), "of the answer"),
                        may("grpcStatus", word(grpc_status_names()), "of the answer, such as UNAVAILABLE"),
                        may("percentage", share_shape(), "of the requests"), idle("http2Error", text())}),
                {{"httpStatus", "grpcStatus", "http2Error"}});
  return object({may("delay", delay, "requests wait"), may("abort", abort, "requests are answered here")});
}

ShapePtr cors_shape() {
  return object({may("allowOrigins", list_of(string_match_shape()), "any of these"),
                 may("allowOrigin", texts(), "its older form, exact"), may("allowMethods", texts(), "for preflights"),
                 may("allowHeaders", texts(), "for preflights"), may("exposeHeaders", texts(), "to scripts"),
                 may("maxAge", duration(), "of a preflight's answer"),
                 may("allowCredentials", nullable(boolean()), "cookies and the like"),
                 may("unmatchedPreflights", word({"UNSPECIFIED", "FORWARD", "IGNORE"}), "default FORWARD")});
}

ShapePtr retries_shape() {
  return object({must("attempts", count(), "after the first; 0: none"),
                 may("perTryTimeout", duration(), "of one attempt"),
                 may("retryOn", text(), "5xx, connect-failure, … or status codes, with commas between"),
                 may("backoff", duration(), "to begin with"),
                 may("retryIgnorePreviousHosts", nullable(boolean()), "default true"),
                 idle("retryRemoteLocalities", nullable(boolean()))});
}

ShapePtr redirect_shape() {
  return excluding(object({may("uri", text(), "the new path"), may("authority", text(), "the new host"),
                           may("scheme", text(), "http or https"), may("port", port(), "the new port"),
                           may("derivePort", word({"FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"}), "the new port"),
                           may("redirectCode", integer(300, 399), "default 301"),
                           may("prefixRewrite", text(), "in place of what matched")}),
                   {{"port", "derivePort"}, {"uri", "prefixRewrite"}});
}

ShapePtr http_route_shape() {
  const ShapePtr body = excluding(object({may("string", text()), idle("bytes", text())}), {{"string", "bytes"}});
  const ShapePtr regex = object({must("match", nonempty(), "RE2"), must("rewrite", text(), "\\1, \\2 are its groups")});
  const ShapePtr destination =
      object({must("destination", destination_shape(), "where to"), may("weight", weight(), "of the sum of all"),
              may("headers", headers_shape(), "changed")});
  const ShapePtr mirror =
      object({must("destination", destination_shape(), "where to"), may("percentage", share_shape(), "default 100")});
  return excluding(
      object(
          {may("name", text(), "for access logs"),
           may("match", list_of(http_match_shape()), "any of these; none: every request"),
           may("route", list_of(destination), "where to, by weight"),
           may("redirect", redirect_shape(), "the client is sent elsewhere"),
           may("directResponse", object({must("status", status_code(), "of the answer"), may("body", body)}),
               "answered here"),
           may("delegate", object({may("name", nonempty(), "of a VirtualService"), may("namespace", text(), "of it")}),
               "whose routes these are"),
           may("rewrite",
               excluding(
                   object({may("uri", text(), "in place of what matched"), may("authority", text(), "the new host"),
                           may("uriRegexRewrite", regex, "of the path")}),
                   {{"uri", "uriRegexRewrite"}}),
               "before it is passed on"),
           may("timeout", duration_or_zero(), "retries included; 0s: none"),
           may("retries", retries_shape(), "of failed requests"), may("fault", fault_shape(), "injected"),
           may("mirror", destination_shape(), "gets a copy"), may("mirrors", list_of(mirror), "each gets a copy"),
           may("mirrorPercentage", share_shape(), "of `mirror`; default 100"),
           may("mirrorPercent", nullable(percent()), "its older form"),
           may("mirror_percent", nullable(percent()), "its older form"),
           may("corsPolicy", cors_shape(), "who may call from a browser"), may("headers", headers_shape(), "changed")}),
      {{"mirrorPercentage", "mirrorPercent", "mirror_percent"}, {"mirror", "mirrors"}});
}

ShapePtr stream_route_shape(bool tls) {
  const ShapePtr destination =
      object({must("destination", destination_shape(), "where to"), may("weight", weight(), "of the sum of all")});
  std::vector<Field> match = source_fields();
  match.push_back(may("destinationSubnets", texts(), "such as 10.0.0.0/8"));
  if (tls) {
    match.push_back(must("sniHosts", list_of(nonempty(), 1), "of the handshake, * at the beginning is any"));
  } else {
    match.push_back(idle("sourceSubnet", text()));
  }
  return object({{"match", list_of(object(std::move(match)), tls ? 1 : 0), tls, "any of these"},
                 must("route", list_of(destination, 1), "where to, by weight")});
}

}  // namespace

ShapePtr virtual_service_shape() {
  return object({may("hosts", list_of(nonempty()), "whose traffic it is about; none: it is a delegate"),
                 may("gateways", texts(), "where it applies; default mesh: at sidecars"),
                 may("http", list_of(http_route_shape()), "the first that matches counts"),
                 may("tls", list_of(stream_route_shape(true)), "of TLS that is passed through"),
                 may("tcp", list_of(stream_route_shape(false)), "of other connections"),
                 may("exportTo", texts(), "the namespaces that see it; . is its own, * all")});
}

}  // namespace meshtwin
