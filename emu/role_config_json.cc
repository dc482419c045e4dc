#include "emu/role_config_json.h"

#include "emu/json_fields.h"
#include "emu/role_protocol.h"

namespace meshtwin {

using json_fields::Is;

template <Is<DurationModel::Bin> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [upto, share] = value;
  visit("upto", upto);
  visit("share", share);
}

template <Is<DurationModel> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [kind, a, b, sigma, bins] = value;
  visit("kind", kind);
  visit("a", a);
  visit("b", b);
  visit("sigma", sigma);
  visit("bins", bins);
}

template <Is<CallStep> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [service, port, request_bytes, probability, method, path, headers] = value;
  visit("method", method);
  visit("path", path);
  visit("headers", headers);
  visit("service", service);
  visit("port", port);
  visit("request_bytes", request_bytes);
  visit("probability", probability);
}

template <Is<HandlerStep> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [kind, compute, cpu, call, parallel, fail_probability, fail_status] = value;
  visit("kind", kind);
  visit("compute", compute);
  visit("cpu", cpu);
  visit("call", call);
  visit("parallel", parallel);
  visit("fail_probability", fail_probability);
  visit("fail_status", fail_status);
}

template <Is<WorkloadConfig> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [service, port, workers, response_bytes, handler, calls_must_succeed, journal_every, forward_headers] = value;
  visit("forward_headers", forward_headers);
  visit("journal_every", journal_every);
  visit("service", service);
  visit("port", port);
  visit("workers", workers);
  visit("response_bytes", response_bytes);
  visit("handler", handler);
  visit("calls_must_succeed", calls_must_succeed);
}

template <Is<RatePoint> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [at, per_second, ramp] = value;
  visit("at", at);
  visit("per_second", per_second);
  visit("ramp", ramp);
}

template <Is<TracingConfig> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [sampling, propagation] = value;
  visit("sampling", sampling);
  visit("propagation", propagation);
}

template <Is<LoadConfig> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [index, service, port, host, method, path, headers, request_bytes, arrivals, rate, clients, think, begin, end,
         timeout, grace, tracing] = value;
  visit("tracing", tracing);
  visit("index", index);
  visit("service", service);
  visit("port", port);
  visit("host", host);
  visit("method", method);
  visit("path", path);
  visit("headers", headers);
  visit("request_bytes", request_bytes);
  visit("arrivals", arrivals);
  visit("rate", rate);
  visit("clients", clients);
  visit("think", think);
  visit("begin", begin);
  visit("end", end);
  visit("timeout", timeout);
  visit("grace", grace);
}

template <Is<SocketAddress> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [ip, port] = value;
  visit("ip", ip);
  visit("port", port);
}

template <Is<SpiffeId> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [trust_domain, name_space, service_account] = value;
  visit("trust_domain", trust_domain);
  visit("name_space", name_space);
  visit("service_account", service_account);
}

template <Is<KeyProvider> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [poll_delay, batch] = value;
  visit("poll_delay", poll_delay);
  visit("batch", batch);
}

template <Is<WorkloadLabels> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [workload, name_space, app, version, cluster] = value;
  visit("workload", workload);
  visit("name_space", name_space);
  visit("app", app);
  visit("version", version);
  visit("cluster", cluster);
}

template <Is<TelemetryConfig> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [self, service, journal_every, access_log_format] = value;
  visit("access_log_format", access_log_format);
  visit("self", self);
  visit("service", service);
  visit("journal_every", journal_every);
}

template <Is<SidecarConfig> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [node_id, pod, control_plane, authority_port, identity, mtls, app_port, app_protocol, probe_interval,
         probe_failures, access_log, tracing, key_provider, extra_delay, telemetry] = value;
  visit("tracing", tracing);
  visit("telemetry", telemetry);
  visit("key_provider", key_provider);
  visit("extra_delay", extra_delay);
  visit("node_id", node_id);
  visit("pod", pod);
  visit("control_plane", control_plane);
  visit("authority_port", authority_port);
  visit("identity", identity);
  visit("mtls", mtls);
  visit("access_log", access_log);
  visit("app_port", app_port);
  visit("app_protocol", app_protocol);
  visit("probe_interval", probe_interval);
  visit("probe_failures", probe_failures);
}

template <Is<ZtunnelPod> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [pod, name, node_id, ip, app_port, identity] = value;
  visit("pod", pod);
  visit("name", name);
  visit("node_id", node_id);
  visit("ip", ip);
  visit("app_port", app_port);
  visit("identity", identity);
}

template <Is<ZtunnelConfig> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [node_id, pod, node, control_plane, authority_port, pods, probe_interval, probe_failures, key_provider,
         telemetry] = value;
  visit("telemetry", telemetry);
  visit("key_provider", key_provider);
  visit("node_id", node_id);
  visit("pod", pod);
  visit("node", node);
  visit("control_plane", control_plane);
  visit("authority_port", authority_port);
  visit("pods", pods);
  visit("probe_interval", probe_interval);
  visit("probe_failures", probe_failures);
}

template <Is<WaypointConfig> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [node_id, pod, control_plane, authority_port, identity, access_log, tracing, key_provider, extra_delay,
         telemetry] = value;
  visit("tracing", tracing);
  visit("telemetry", telemetry);
  visit("key_provider", key_provider);
  visit("extra_delay", extra_delay);
  visit("access_log", access_log);
  visit("node_id", node_id);
  visit("pod", pod);
  visit("control_plane", control_plane);
  visit("authority_port", authority_port);
  visit("identity", identity);
}

template <Is<GatewayConfig> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [node_id, pod, control_plane, authority_port, identity, ports, access_log, tracing, key_provider, extra_delay,
         telemetry] = value;
  visit("tracing", tracing);
  visit("telemetry", telemetry);
  visit("key_provider", key_provider);
  visit("extra_delay", extra_delay);
  visit("access_log", access_log);
  visit("node_id", node_id);
  visit("pod", pod);
  visit("control_plane", control_plane);
  visit("authority_port", authority_port);
  visit("identity", identity);
  visit("ports", ports);
}

template <Is<ProgramConfig> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [argv, model] = value;
  visit("argv", argv);
  visit("model", model);
}

template <Is<ServicePort> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [name, port, protocol, target_port] = value;
  visit("target_port", target_port);
  visit("name", name);
  visit("port", port);
  visit("protocol", protocol);
}

template <Is<ServiceDeclaration> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [name, host, vip, ports, waypoint, selector, traffic_distribution] = value;
  visit("selector", selector);
  visit("traffic_distribution", traffic_distribution);
  visit("name", name);
  visit("host", host);
  visit("vip", vip);
  visit("ports", ports);
  visit("waypoint", waypoint);
}

template <Is<Locality> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [region, zone, subzone] = value;
  visit("region", region);
  visit("zone", zone);
  visit("subzone", subzone);
}

template <Is<PodDeclaration> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [pod, name, service, ip, locality, labels, service_account, node, mesh, node_proxy, workload, name_space,
         starts] = value;
  visit("starts", starts);
  visit("name_space", name_space);
  visit("workload", workload);
  visit("pod", pod);
  visit("name", name);
  visit("service", service);
  visit("ip", ip);
  visit("locality", locality);
  visit("labels", labels);
  visit("service_account", service_account);
  visit("node", node);
  visit("mesh", mesh);
  visit("node_proxy", node_proxy);
}

template <Is<DocumentText> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [text, file, line] = value;
  visit("text", text);
  visit("file", file);
  visit("line", line);
}

template <Is<ConfigChange> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [remove, documents] = value;
  visit("remove", remove);
  visit("documents", documents);
}

template <Is<ControlPlaneConfig> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [port, authority_port, data_plane, mtls, trust_domain, certificate_lifetime, services, pods, documents, gone,
         keepalive, debounce, patience, journal_every, zone_aware] = value;
  visit("zone_aware", zone_aware);
  visit("journal_every", journal_every);
  visit("port", port);
  visit("authority_port", authority_port);
  visit("data_plane", data_plane);
  visit("mtls", mtls);
  visit("trust_domain", trust_domain);
  visit("certificate_lifetime", certificate_lifetime);
  visit("services", services);
  visit("pods", pods);
  visit("documents", documents);
  visit("gone", gone);
  visit("keepalive", keepalive);
  visit("debounce", debounce);
  visit("patience", patience);
}

template <Is<RoleSetup> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [name, config, seed, pod, hosts, pod_of_ip, time_zero] = value;
  visit("name", name);
  visit("config", config);
  visit("seed", seed);
  visit("pod", pod);
  visit("hosts", hosts);
  visit("pod_of_ip", pod_of_ip);
  visit("time_zero", time_zero);
}

template <Is<RoleSpent> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [cpu, memory_peak] = value;
  visit("cpu", cpu);
  visit("memory_peak", memory_peak);
}

namespace {

template <typename T>
T parsed(std::string_view text) {
  T value;
  json_fields::read(json_fields::Json::parse(text), value);
  return value;
}

}  // namespace

std::string to_json_text(const RoleConfig& config) {
  return json_fields::write(config).dump();
}
std::string to_json_text(const RoleSetup& setup) {
  return json_fields::write(setup).dump();
}
std::string to_json_text(const ConfigChange& change) {
  return json_fields::write(change).dump();
}
std::string to_json_text(const RoleSpent& spent) {
  return json_fields::write(spent).dump();
}
RoleConfig role_config_from_json(std::string_view text) {
  return parsed<RoleConfig>(text);
}
RoleSetup role_setup_from_json(std::string_view text) {
  return parsed<RoleSetup>(text);
}
ConfigChange config_change_from_json(std::string_view text) {
  return parsed<ConfigChange>(text);
}
RoleSpent role_spent_from_json(std::string_view text) {
  return parsed<RoleSpent>(text);
}

}  // namespace meshtwin
