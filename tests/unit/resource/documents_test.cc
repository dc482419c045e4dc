// Documents into typed values: what each field becomes, and what is refused with which words.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mesh/resource/document_io.h"
#include "mesh/resource/resources.h"
#include "mesh/resource/yaml.h"

namespace meshtwin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Resources read(const std::string& text, const ReadOptions& options = {}) {
  ProblemList problems;
  Resources resources;
  for (const Node& node : read_yaml(text, "f.yaml", problems)) add_resource(node, resources, problems, options);
  problems.throw_if_any();
  return resources;
}

std::string problems_of(const std::string& text, const ReadOptions& options = {}) {
  try {
    read(text, options);
  } catch (const Problems& problems) {
    return problems.what();
  }
  return "none";
}

constexpr const char* kVirtualService = R"(apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod, creationTimestamp: null, labels: {team: a}}
spec:
  hosts: [reviews]
  gateways: [mesh, istio-system/public]
  exportTo: ['.']
  http:
  - name: canary
    match:
    - uri: {prefix: /api}
      ignoreUriCase: true
      headers: {end-user: {exact: jason}, x-any: {}}
      withoutHeaders: {x-old: {regex: 'v[0-9]+'}}
      queryParams: {q: {exact: '1'}}
      method: {exact: GET}
      port: 9080
      sourceLabels: {app: web}
      sourceNamespace: front
    route:
    - destination: {host: reviews, subset: v2, port: {number: 9080}}
      weight: 30
      headers: {response: {set: {x-version: v2}}}
    - destination: {host: reviews, subset: v1}
      weight: 70
    rewrite: {uriRegexRewrite: {match: '^/api/(.*)', rewrite: '/\1'}, authority: inner}
    timeout: 1.5s
    retries: {attempts: 3, perTryTimeout: 500ms, retryOn: '5xx,503', backoff: 50ms, retryIgnorePreviousHosts: false}
    fault:
      delay: {fixedDelay: 7s, percentage: {value: 12.5}}
      abort: {grpcStatus: UNAVAILABLE, percentage: {value: 100}}
    mirrors: [{destination: {host: shadow}, percentage: {value: 10}}]
    corsPolicy: {allowOrigins: [{regex: '.*'}], allowOrigin: ['*'], maxAge: 24h, allowCredentials: true, unmatchedPreflights: IGNORE}
    headers: {request: {add: {x-a: '1'}, remove: [x-b]}}
  - match: [{uri: {exact: /old}}]
    redirect: {uri: /new, redirectCode: 302, derivePort: FROM_REQUEST_PORT}
  - directResponse: {status: 503, body: {string: gone}}
  tcp:
  - match: [{port: 3306, destinationSubnets: [10.0.0.0/8]}]
    route: [{destination: {host: db}}]
  tls:
  - match: [{sniHosts: ['*.example.com'], port: 443}]
    route: [{destination: {host: ext}, weight: 1}]
)";

TEST(Documents, VirtualService) {
  const Resources resources = read(kVirtualService);
  ASSERT_EQ(resources.virtual_services.size(), 1u);
  const VirtualService& service = resources.virtual_services[0];
  EXPECT_EQ(service.meta.kind, "VirtualService");
  EXPECT_EQ(service.meta.name_space, "prod");
  EXPECT_EQ(service.meta.labels.at("team"), "a");
  EXPECT_THAT(service.gateways, ElementsAre("mesh", "istio-system/public"));
  ASSERT_EQ(service.http.size(), 3u);
  const HttpRoute& canary = service.http[0];
  ASSERT_EQ(canary.matches.size(), 1u);
  const HttpMatch& match = canary.matches[0];
  EXPECT_EQ(*match.uri, (StringMatch{StringMatch::Kind::prefix, "/api", true}));
  EXPECT_EQ(match.headers[0], (NamedMatch{"end-user", {StringMatch::Kind::exact, "jason", false}}));
  EXPECT_EQ(match.headers[1].second.kind, StringMatch::Kind::present);
  EXPECT_EQ(match.without_headers[0].second.kind, StringMatch::Kind::regex);
  EXPECT_EQ(match.query_params[0].first, "q");
  EXPECT_EQ(match.port, 9080);
  EXPECT_EQ(match.source_labels.at("app"), "web");
  EXPECT_EQ(match.source_namespace, "front");
  ASSERT_EQ(canary.route.size(), 2u);
  EXPECT_EQ(canary.route[0].destination.subset, "v2");
  EXPECT_EQ(canary.route[0].destination.port, 9080);
  EXPECT_EQ(canary.route[0].weight, 30u);
  EXPECT_EQ(canary.route[0].headers.response.set[0].second, "v2");
  EXPECT_EQ(canary.rewrite->uri_regex->first, "^/api/(.*)");
  EXPECT_EQ(canary.rewrite->authority, "inner");
}

TEST(Documents, VirtualServicesResilience) {
  const Resources resources = read(kVirtualService);
  const VirtualService& service = resources.virtual_services.at(0);
  const HttpRoute& canary = service.http[0];
  EXPECT_EQ(canary.timeout, 1500 * kMillisecond);
  EXPECT_EQ(canary.retries->attempts, 3u);
  EXPECT_EQ(canary.retries->per_try_timeout, 500 * kMillisecond);
  EXPECT_EQ(canary.retries->retry_on, "5xx,503");
  EXPECT_FALSE(canary.retries->ignore_previous_hosts);
  EXPECT_EQ(canary.fault->delay->fixed, 7 * kSecond);
  EXPECT_DOUBLE_EQ(canary.fault->delay->share, 0.125);
  EXPECT_EQ(canary.fault->abort->grpc_status, 14);
  EXPECT_DOUBLE_EQ(canary.mirrors.at(0).share, 0.1);
  EXPECT_EQ(canary.cors->allow_origins[1].kind, StringMatch::Kind::present);
  EXPECT_EQ(canary.cors->max_age, 24 * 3600 * kSecond);
  EXPECT_FALSE(canary.cors->forward_not_matching_preflights);
  EXPECT_EQ(canary.headers.request.remove, std::vector<std::string>{"x-b"});
  EXPECT_EQ(service.http[1].redirect->uri, "/new");
  EXPECT_EQ(service.http[1].redirect->status, 302);
  EXPECT_TRUE(service.http[1].redirect->port_from_request);
  EXPECT_EQ(service.http[2].direct_response->status, 503);
  EXPECT_EQ(service.http[2].direct_response->body, "gone");
  EXPECT_EQ(service.tcp.at(0).matches.at(0).port, 3306);
  EXPECT_EQ(service.tls.at(0).matches.at(0).sni_hosts, std::vector<std::string>{"*.example.com"});
}

TEST(Documents, DestinationRule) {
  const Resources resources = read(R"(apiVersion: networking.istio.io/v1alpha3
kind: DestinationRule
metadata: {name: r}
spec:
  host: reviews
  workloadSelector: {matchLabels: {app: web}}
  trafficPolicy:
    tls: {mode: ISTIO_MUTUAL}
    retryBudget: {percent: 10, minRetryConcurrency: 5}
    loadBalancer:
      consistentHash: {httpCookie: {name: user, path: /, ttl: 0s}, maglev: {tableSize: 101}}
      localityLbSetting:
        distribute: [{from: 'r/a/*', to: {'r/a/*': 80, 'r/b/*': 20}}]
    portLevelSettings:
    - {port: {number: 80}, connectionPool: {tcp: {maxConnections: 0, connectTimeout: 1s}}}
  subsets:
  - name: v1
    labels: {version: v1}
    trafficPolicy: {loadBalancer: {simple: LEAST_CONN, warmup: {duration: 30s, minimumPercent: 5.0, aggression: 2}}}
  - {name: v2, trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN, warmupDurationSecs: 1m}}}
)");
  const DestinationRule& rule = resources.destination_rules.at(0);
  EXPECT_EQ(rule.meta.name_space, "default");
  EXPECT_EQ(rule.workload_selector.at("app"), "web");
  EXPECT_EQ(rule.traffic_policy.tls_mode, "ISTIO_MUTUAL");
  EXPECT_EQ(rule.traffic_policy.retry_budget->min_concurrency, 5u);
  const ConsistentHashSpec& hash = *rule.traffic_policy.load_balancer.consistent_hash;
  EXPECT_EQ(hash.cookie_name, "user");
  EXPECT_EQ(hash.cookie_ttl, 0);
  EXPECT_TRUE(hash.maglev);
  EXPECT_EQ(hash.maglev_table_size, 101u);
  EXPECT_EQ(rule.traffic_policy.load_balancer.locality->distribute.at(0).to.at("r/b/*"), 20u);
  const TrafficPolicySpec& of_port = rule.traffic_policy.port_level.at(80);
  EXPECT_FALSE(of_port.connection_pool.max_connections) << "0 is what Istio takes for not said";
  EXPECT_EQ(of_port.connection_pool.connect_timeout, kSecond);
  ASSERT_EQ(rule.subsets.size(), 2u);
  EXPECT_EQ(rule.subsets[0].labels.at("version"), "v1");
  EXPECT_EQ(rule.subsets[0].traffic_policy->load_balancer.simple, "LEAST_REQUEST");
  EXPECT_EQ(rule.subsets[0].traffic_policy->load_balancer.warmup->minimum_percent, 5);
  EXPECT_EQ(rule.subsets[1].traffic_policy->load_balancer.warmup->duration, 60 * kSecond);
  EXPECT_THAT(resources.warnings, ElementsAre()) << "distribute acts without outlierDetection";
}

constexpr const char* kKubernetes = R"(apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata: {name: prod, labels: {istio-injection: enabled}}
- apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: prod}
  spec:
    trafficDistribution: PreferClose
    selector: {app: web}
    ports:
    - {name: http, port: 80, targetPort: web}
    - {name: grpc-api, port: 90, targetPort: 9090, appProtocol: kubernetes.io/h2c}
    - {name: metrics, port: 91, protocol: UDP}
    - {name: mysql, port: 3306}
- apiVersion: v1
  kind: ServiceAccount
  metadata: {name: web, namespace: prod}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web-v1, namespace: prod}
  spec:
    replicas: 3
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web, version: v1}, annotations: {a: b}}
      spec:
        serviceAccountName: web
        nodeSelector: {topology.kubernetes.io/zone: az-a}
        volumes: [{name: tmp, emptyDir: {}}]
        containers:
        - name: web
          image: web:1
          resources: {limits: {cpu: 1}}
          ports: [{name: web, containerPort: 8080}]
        - {name: side, image: side:1, ports: [{containerPort: 9090}]}
- apiVersion: v1
  kind: Pod
  metadata: {generateName: one-, name: one, labels: {app: one}}
  spec: {containers: [{name: c, image: i}]}
- apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  metadata: {name: s, labels: {kubernetes.io/service-name: ext}}
  addressType: IPv4
  endpoints: [{addresses: [10.0.0.1], conditions: {ready: false}, zone: az-b}]
  ports: [{name: http, port: 8080}]
)";

TEST(Documents, KubernetesWorkloadsAndServices) {
  const Resources resources = read(kKubernetes);
  EXPECT_EQ(resources.namespaces.at(0).meta.name_space, "");
  const KubeService& service = resources.services.at(0);
  ASSERT_EQ(service.ports.size(), 3u) << "a port of UDP is left out";
  EXPECT_EQ(service.ports[0].target_name, "web");
  EXPECT_EQ(service.ports[1].protocol, "http2");
  EXPECT_EQ(service.ports[1].target_port, 9090);
  EXPECT_EQ(service.ports[2].protocol, "tcp");
  EXPECT_EQ(service.traffic_distribution, "PreferClose");
  ASSERT_EQ(resources.workloads.size(), 2u);
  const KubeWorkload& workload = resources.workloads[0];
  EXPECT_EQ(workload.replicas, 3u);
  EXPECT_EQ(workload.pod_labels.at("version"), "v1");
  EXPECT_EQ(workload.service_account, "web");
  EXPECT_EQ(workload.node_selector.at("topology.kubernetes.io/zone"), "az-a");
  ASSERT_EQ(workload.ports.size(), 2u);
  EXPECT_EQ(workload.ports[1].port, 9090);
  EXPECT_EQ(resources.workloads[1].pod_labels.at("app"), "one");
  EXPECT_EQ(resources.workloads[1].service_account, "default");
  EXPECT_EQ(resources.endpoint_slices.at(0).service, "ext");
  EXPECT_FALSE(resources.endpoint_slices.at(0).endpoints.at(0).ready);
  EXPECT_EQ(resources.texts.size(), 6u) << "a List's items one by one";
  EXPECT_EQ(read_documents(resources.texts).workloads.size(), 2u);
}

TEST(Documents, GatewayApi) {
  const Resources resources = read(R"(apiVersion: gateway.networking.k8s.io/v1beta1
kind: HTTPRoute
metadata: {name: r}
spec:
  parentRefs: [{name: gw, sectionName: http}, {group: '', kind: Service, name: web, port: 80}]
  hostnames: ['*.example.com']
  rules:
  - matches:
    - {path: {type: PathPrefix, value: /a}, headers: [{name: x, value: '1'}], method: POST}
    - path: {type: RegularExpression, value: '/v[0-9]+'}
    filters:
    - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}], remove: [c]}}
    - {type: RequestMirror, requestMirror: {backendRef: {name: shadow, port: 80}, fraction: {numerator: 1, denominator: 4}}}
    - {type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /b}}}
    backendRefs: [{name: v1, port: 80, weight: 9}, {name: v2, namespace: other, port: 80}]
    timeouts: {request: 10s, backendRequest: 2s}
    retry: {codes: [500, 503], attempts: 4, backoff: 100ms}
  - filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: g}
spec:
  rules:
  - matches: [{method: {service: a.B, method: C}}, {method: {service: a.B}}, {method: {method: C}}]
    backendRefs: [{name: g, port: 90}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  gatewayClassName: istio
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: g, namespace: other}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}], to: [{group: '', kind: Service, name: v2}]}
)");
  const KubeRoute& route = resources.kube_routes.at(0);
  EXPECT_EQ(route.parents.at(1).kind, "Service");
  const KubeRouteRule& rule = route.rules.at(0);
  EXPECT_TRUE(rule.http.matches.at(0).uri_segments);
  EXPECT_EQ(rule.http.matches[0].method->text, "POST");
  EXPECT_EQ(rule.http.matches.at(1).uri->kind, StringMatch::Kind::regex);
  EXPECT_EQ(rule.http.headers.request.remove, std::vector<std::string>{"c"});
  EXPECT_EQ(rule.mirrors.at(0).name, "shadow");
  EXPECT_DOUBLE_EQ(rule.http.mirrors.at(0).share, 0.25);
  EXPECT_EQ(rule.http.rewrite->uri, "/b");
  EXPECT_EQ(rule.backends.at(0).weight, 9u);
  EXPECT_EQ(rule.backends.at(1).weight, 1u);
  EXPECT_EQ(rule.backends[1].name_space, "other");
  EXPECT_EQ(rule.http.timeout, 10 * kSecond);
  EXPECT_EQ(rule.http.retries->per_try_timeout, 2 * kSecond);
  EXPECT_EQ(rule.http.retries->retry_on, "500,503");
  EXPECT_EQ(route.rules.at(1).http.redirect->status, 302);
  const auto& calls = resources.kube_routes.at(1).rules.at(0).http.matches;
  EXPECT_EQ(*calls.at(0).uri, (StringMatch{StringMatch::Kind::exact, "/a.B/C", false}));
  EXPECT_EQ(*calls.at(1).uri, (StringMatch{StringMatch::Kind::prefix, "/a.B/", false}));
  EXPECT_EQ(*calls.at(2).uri, (StringMatch{StringMatch::Kind::regex, "/[^/]+/C", false}));
  EXPECT_EQ(resources.kube_gateways.at(0).listeners.at(0).routes_from, "All");
  EXPECT_EQ(resources.reference_grants.at(0).to.at(0).name, "v2");
}

TEST(Documents, LanesAndLabels) {
  const Resources resources = read(R"(apiVersion: istio.alibabacloud.com/v1
kind: TrafficLabel
metadata: {name: l}
spec:
  workloadSelector: {labels: {app: web}}
  rules:
  - labels:
    - name: x-lane
      valueFrom: [$getInboundRequestHeader(x-lane), '$getExternalInboundRequestHeader(x-request-id, x-lane)', $getLabel(ASM_TRAFFIC_TAG)]
---
apiVersion: istio.alibabacloud.com/v1
kind: ASMSwimLaneGroup
metadata: {name: g}
spec:
  services: [{name: a, namespace: shop}, {name: b}]
  ingress:
    gateway: {name: ingressgateway, namespace: istio-system, type: ASM}
    ingressRouting: {ingressRoutingStrategy: weighted, weightedRoutingRule: {hosts: ['*'], requestMatches: [{uri: {exact: /mock}}]}}
  isPermissive: true
  permissiveModeConfiguration:
    {fallbackTarget: s1, traceHeader: my-request-id, routeHeader: x-lane, serviceLevelFallbackTarget: {default/b: s3}}
---
apiVersion: istio.alibabacloud.com/v1
kind: ASMSwimLane
metadata: {name: s1, labels: {swimlane-group: g}}
spec:
  labelSelector: {version: v1}
  ingressWeight: {weight: 60, destination: {host: a.shop.svc.cluster.local, port: {number: 80}}}
)");
  const TrafficLabelRule& rule = resources.traffic_labels.at(0).rules.at(0);
  EXPECT_EQ(rule.label, "x-lane");
  ASSERT_EQ(rule.value_from.size(), 3u);
  EXPECT_EQ(rule.value_from[1].context_id, "x-request-id");
  EXPECT_EQ(rule.value_from[1].name, "x-lane");
  EXPECT_EQ(rule.value_from[2].kind, LabelSource::Kind::pod_label);
  const SwimLaneGroup& group = resources.lane_groups.at(0);
  EXPECT_THAT(group.services, ElementsAre("shop/a", "default/b"));
  EXPECT_TRUE(group.permissive && group.ingress_routing.weighted);
  EXPECT_EQ(group.service_fallback.at("default/b"), "s3");
  EXPECT_EQ(group.ingress_routing.matches.at(0).uri->text, "/mock");
  const SwimLane& lane = resources.lanes.at(0);
  EXPECT_EQ(lane.group, "g");
  EXPECT_EQ(lane.ingress_weight, 60u);
  EXPECT_EQ(lane.ingress_port, 80);
}

TEST(Documents, ProxiesScopes) {
  const Resources resources = read(R"(apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: s}
spec: {workloadSelector: {labels: {app: a}}, egress: [{port: {number: 80}, hosts: [./*, istio-system/*]}], outboundTrafficPolicy: {mode: REGISTRY_ONLY}}
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: t}
spec:
  accessLogging: [{providers: [{name: envoy}]}]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: e}
spec: {hosts: [ext.example.com], addresses: ['fd00::'], ports: [{number: 80, name: http, protocol: http}], resolution: STATIC, endpoints: [{address: 1.2.3.4, ports: {http: 8080}, locality: r/z}]}
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: limit}
spec:
  workloadSelector: {labels: {app: a}}
  configPatches:
  - applyTo: HTTP_FILTER
    match: {context: SIDECAR_INBOUND, listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager}}}}
    patch:
      operation: INSERT_BEFORE
      value:
        name: envoy.filters.http.local_ratelimit
        typed_config:
          '@type': type.googleapis.com/udpa.type.v1.TypedStruct
          type_url: type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
          value:
            stat_prefix: limit
            token_bucket: {max_tokens: 4, tokens_per_fill: 2, fill_interval: 60s}
            filter_enabled: {runtime_key: a, default_value: {numerator: 100, denominator: HUNDRED}}
            filter_enforced: {default_value: {numerator: 5000, denominator: TEN_THOUSAND}}
            response_headers_to_add: [{header: {key: x-limited, value: 'true'}}]
)");
  EXPECT_THAT(resources.sidecars.at(0).egress.at(0).hosts, ElementsAre("./*", "istio-system/*"));
  EXPECT_TRUE(resources.sidecars[0].registry_only);
  EXPECT_TRUE(*resources.telemetries.at(0).access_log);
  const ServiceEntryResource& entry = resources.service_entries.at(0);
  EXPECT_EQ(entry.addresses.at(0), "fd00::");
  EXPECT_EQ(entry.ports.at(0).protocol, "HTTP");
  EXPECT_EQ(entry.endpoints.at(0).ports.at("http"), 8080);
  const LocalRateLimitResource& limit = resources.rate_limits.at(0);
  EXPECT_EQ(limit.max_tokens, 4u);
  EXPECT_EQ(limit.fill_interval, 60 * kSecond);
  EXPECT_DOUBLE_EQ(limit.enforced_share, 0.5);
  EXPECT_EQ(limit.response_headers.at(0).first, "x-limited");
}

// A list of one address in brackets ends in a colon, as Kubernetes reads it.
TEST(Documents, AnAddressInAListIsAText) {
  ProblemList problems;
  const Node node = read_yaml("a: [fd00::, 'x']\nb: [fd00::]\nc: [k: ]\n", "f.yaml", problems).at(0);
  EXPECT_EQ(node.find("a")->items.at(0).text, "fd00::");
  EXPECT_EQ(node.find("b")->items.at(0).text, "fd00::");
  EXPECT_EQ(node.find("c")->items.at(0).kind, Node::Kind::map);
}

std::string service_with(const std::string& route) {
  return "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: x}\nspec: {hosts: [a], http: [" +
         route + "]}\n";
}

TEST(Documents, MistakesInRoutes) {
  const std::string to = "route: [{destination: {host: a}}]";
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"{" + to + ", retries: {attempts: 1, retryOn: '5xx,conect-failure'}}",
       "found \"conect-failure\", expected a status code or one of 5xx"},
      {"{" + to + ", match: [{uri: {regex: '(a'}}]}",
       "found \"(a\" (missing ): (a), expected an RE2 regular expression"},
      {"{" + to + ", match: [{uri: {exact: /a, prefix: /b}}]}",
       "found exact, prefix, expected at most one of exact, prefix, regex"},
      {"{" + to + ", redirect: {uri: /b}}",
       "found route, redirect, expected exactly one of route, redirect, directResponse and delegate"},
      {"{timeout: 1s}", "found none, expected exactly one of route, redirect, directResponse and delegate"},
      {"{route: [{destination: {host: a}, weight: 0}, {destination: {host: b}}]}", "found weights that sum up to 0"},
      {"{" + to + ", timout: 1s}", "found the unknown key \"timout\""},
      {"{" + to + ", timeout: 1}", "found the number 1 (it has no unit"},
      {"{" + to + ", fault: {abort: {httpStatus: 99, percentage: {value: 1}}}}",
       "found the number 99, expected a whole number from 200 to 599"},
      {"{" + to + ", fault: {delay: {percentage: {value: 1}}}}", "found no fixedDelay, expected one"},
      {"{" + to + ", headers: {request: {set: {'a b': c}}}}", "found \"a b\", expected the name of a header"},
      {"{route: [{destination: {host: a, port: {number: 70000}}}]}",
       "found the number 70000, expected a whole number from 1 to 65535"}};
  for (const auto& [route, problem] : rows) EXPECT_THAT(problems_of(service_with(route)), HasSubstr(problem)) << route;
  EXPECT_EQ(problems_of(service_with("{" + to + ", timeout: 0s}")), "none");
}

TEST(Documents, MistakesInRules) {
  const std::string head =
      "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: x}\nspec: {host: a, ";
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"subsets: [{name: v1}, {name: v1}]", "found the subset \"v1\" a second time"},
      {"trafficPolicy: {loadBalancer: {simple: RANDOM, consistentHash: {useSourceIp: true}}}",
       "found simple, consistentHash, expected at most one of"},
      {"trafficPolicy: {loadBalancer: {warmup: {duration: 1s}, warmupDurationSecs: 1s}}",
       "found warmup, warmupDurationSecs, expected at most one of"},
      {"trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: [{from: a, to: {b: 30, c: 60}}]}}}",
       "found shares that sum up to 90, expected 100"},
      {"trafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 100}}}}",
       "found 100, expected a prime"},
      {"trafficPolicy: {loadBalancer: {simple: PASSTHROUGH}}", "\"PASSTHROUGH\" is not supported yet"}};
  for (const auto& [spec, problem] : rows) EXPECT_THAT(problems_of(head + spec + "}\n"), HasSubstr(problem)) << spec;
  EXPECT_EQ(
      problems_of(head + "trafficPolicy: {loadBalancer: {simple: PASSTHROUGH}}}\n", {.purpose = Purpose::validate}),
      "none");
}

TEST(Documents, WhatARunDoesNotActOnIsValidAndMayBeLeftOut) {
  const std::string policy =
      "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p}\nspec: {}\n";
  EXPECT_EQ(problems_of(policy, {.purpose = Purpose::validate}), "none");
  EXPECT_THAT(problems_of(policy),
              HasSubstr("f.yaml:2:7: found \"AuthorizationPolicy\", which is valid, but a run does not act on it yet"));
  EXPECT_EQ(read(policy, {.ignored_kinds = {"AuthorizationPolicy"}}).ignored, 1u);
  const std::string foreign = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n";
  EXPECT_THAT(problems_of(foreign), HasSubstr("f.yaml:2:7: found \"Application\", expected one of "));
  EXPECT_EQ(read(foreign, {.ignored_kinds = {"argoproj.io/Application"}}).ignored, 1u);
  EXPECT_EQ(problems_of("apiVersion: serving.knative.dev/v1\nkind: Service\nspec: {template: {}}\n"),
            "f.yaml:1:13: found \"serving.knative.dev/v1\", expected v1 for a Service");
}

TEST(Documents, WhatARunDoesNotActOnInsideADocumentIsRefused) {
  const char* const documents[] = {
      "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\n"
      "spec: {host: a, trafficPolicy: {tls: {mode: SIMPLE}}}\n",
      "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec: {servers: [{port: {number: 443, "
      "name: https, protocol: HTTPS}, hosts: ['*'], tls: {mode: SIMPLE, credentialName: c}}]}\n",
      "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec: {gatewayClassName: istio, "
      "listeners: [{name: s, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}]}\n",
      "apiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata: {name: a}\nspec: {tracing: "
      "[{randomSamplingPercentage: 10}]}\n"};
  for (const char* document : documents) {
    EXPECT_EQ(problems_of(document, {.purpose = Purpose::validate}), "none") << document;
    EXPECT_NE(problems_of(document), "none") << document;
  }
}

TEST(Documents, EachNameOnceInItsNamespace) {
  const auto account = [](const std::string& meta) {
    return "apiVersion: v1\nkind: ServiceAccount\nmetadata: " + meta + "\n---\n";
  };
  EXPECT_EQ(problems_of(account("{name: a}") + account("{name: a, namespace: other}")), "none");
  EXPECT_EQ(problems_of(account("{name: a}") + account("{name: a, namespace: default}")),
            "f.yaml:7:18: found a second ServiceAccount \"a\", expected each name once");
}

}  // namespace
}  // namespace meshtwin
