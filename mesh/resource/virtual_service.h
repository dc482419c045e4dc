#pragma once

// Istio's VirtualService as typed values: what is written in the document, names as they are written (mesh/control
// resolves them). Absent optional fields mean the default of the consumer. Gateway API routes become these too.
//
// Source: networking.istio.io/v1 VirtualService (istio/api b8f8791).

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mesh/base/time.h"
#include "mesh/resource/object_meta.h"
#include "mesh/resource/string_match.h"

namespace meshtwin {

struct Destination {
  std::string host;
  std::string subset;      // empty: none
  std::uint16_t port = 0;  // 0: the service's only one
};

// In the order they are applied: removed, set, added.
struct HeaderOperations {
  std::vector<std::string> remove;
  std::vector<std::pair<std::string, std::string>> set;
  std::vector<std::pair<std::string, std::string>> add;

  bool empty() const { return remove.empty() && set.empty() && add.empty(); }
  bool operator==(const HeaderOperations&) const = default;
};

struct HeaderRules {
  HeaderOperations request;
  HeaderOperations response;

  bool empty() const { return request.empty() && response.empty(); }
  bool operator==(const HeaderRules&) const = default;
};

struct RouteDestination {
  Destination destination;
  std::uint32_t weight = 0;  // 0 where it is the only one: all
  HeaderRules headers;
};

using NamedMatch = std::pair<std::string, StringMatch>;

// All that is there must match.
struct HttpMatch {
  std::string name;
  std::optional<StringMatch> uri;
  bool uri_segments = false;  // Gateway API's PathPrefix: a prefix of whole path elements
  std::optional<StringMatch> scheme;
  std::optional<StringMatch> method;
  std::optional<StringMatch> authority;
  std::vector<NamedMatch> headers;
  std::vector<NamedMatch> without_headers;
  std::vector<NamedMatch> query_params;
  std::uint16_t port = 0;  // 0: any
  Labels source_labels;
  std::string source_namespace;       // empty: any
  std::vector<std::string> gateways;  // empty: those of the VirtualService
};

struct HttpRedirect {
  std::optional<std::string> uri;         // the whole path
  std::optional<std::string> uri_prefix;  // in place of the prefix that matched (Gateway API)
  std::string authority;
  std::string scheme;
  std::uint32_t port = 0;          // 0: not said
  bool port_from_request = false;  // derivePort: FROM_REQUEST_PORT
  std::uint16_t status = 301;
};

struct HttpRewrite {
  std::optional<std::string> uri;        // in place of the prefix or path that matched
  std::optional<std::string> full_path;  // in place of the whole path (Gateway API)
  std::string authority;
  std::optional<std::pair<std::string, std::string>> uri_regex;  // RE2, what takes its place
};

struct HttpDirectResponse {
  std::uint16_t status = 200;
  std::string body;
};

struct HttpRetry {
  std::uint32_t attempts = 2;
  std::optional<Duration> per_try_timeout;
  std::string retry_on;             // comma-separated, as Envoy names them; empty: the default
  std::optional<Duration> backoff;  // base interval
  bool ignore_previous_hosts = true;
};

// Shares in 0..1. Without a percentage nothing is injected, as in Istio.
struct HttpFault {
  struct Delay {
    double share = 0;
    Duration fixed = 0;
  };
  struct Abort {
    double share = 0;
    std::uint16_t http_status = 0;
    std::optional<std::uint16_t> grpc_status;
  };
  std::optional<Delay> delay;
  std::optional<Abort> abort;
};

struct HttpMirror {
  Destination destination;
  double share = 1;
};

struct CorsRules {
  std::vector<StringMatch> allow_origins;
  std::vector<std::string> allow_methods;
  std::vector<std::string> allow_headers;
  std::vector<std::string> expose_headers;
  std::optional<Duration> max_age;
  std::optional<bool> allow_credentials;
  bool forward_not_matching_preflights = true;  // unmatchedPreflights: FORWARD

  bool operator==(const CorsRules&) const = default;
};

struct HttpRoute {
  std::string name;
  std::vector<HttpMatch> matches;  // any of them; empty: every request
  std::vector<RouteDestination> route;
  std::optional<HttpRedirect> redirect;
  std::optional<HttpDirectResponse> direct_response;
  std::optional<std::pair<std::string, std::string>> delegate;  // name, namespace (empty: its own)
  std::optional<HttpRewrite> rewrite;
  std::optional<Duration> timeout;
  std::optional<HttpRetry> retries;
  std::optional<HttpFault> fault;
  std::vector<HttpMirror> mirrors;
  std::optional<CorsRules> cors;
  HeaderRules headers;
};

struct StreamMatch {
  std::vector<std::string> sni_hosts;  // of a TLS route
  std::vector<std::string> destination_subnets;
  std::uint16_t port = 0;
  Labels source_labels;
  std::string source_namespace;
  std::vector<std::string> gateways;
};

struct StreamRoute {  // of `tcp` or `tls`
  std::vector<StreamMatch> matches;
  std::vector<RouteDestination> route;
};

struct VirtualService {
  ObjectMeta meta;
  std::vector<std::string> hosts;     // empty: it is a delegate
  std::vector<std::string> gateways;  // empty: mesh
  std::vector<std::string> export_to;
  std::vector<HttpRoute> http;
  std::vector<StreamRoute> tls;
  std::vector<StreamRoute> tcp;
};

}  // namespace meshtwin
