#pragma once

// A little mesh for tests of the proxy and the workload: a recorder that keeps everything, services that run a Workload
// behind a SidecarProxy, and configuration handed to each proxy directly, as its control plane would.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mesh/identity/authority.h"
#include "mesh/proxy/sidecar_proxy.h"
#include "mesh/roles/make_role.h"
#include "mesh/wire/tls.h"
#include "mesh/workload/load_generator.h"
#include "mesh/workload/workload.h"
#include "tests/unit/support/memory_world.h"

namespace meshtwin::testing_world {

class KeepingRecorder final : public Recorder {
 public:
  void request(const RequestRecord& record) override { requests.push_back(record); }
  void attempt(const AttemptRecord& record) override { attempts.push_back(record); }
  void access(AccessRecord record) override { accesses.push_back(std::move(record)); }
  void span(const SpanRecord& record) override { spans.push_back(record); }
  void metric(MetricRecord record) override { metrics.push_back(std::move(record)); }
  void event(EventRecord record) override { events.push_back(std::move(record)); }

  std::vector<RequestRecord> requests;
  std::vector<AttemptRecord> attempts;
  std::vector<EventRecord> events;
  std::vector<AccessRecord> accesses;
  std::vector<SpanRecord> spans;
  std::vector<MetricRecord> metrics;
};

constexpr std::uint32_t kClientIp = 0x0a010001;  // 10.1.0.1, pod 0
constexpr std::uint32_t kVip = 0x0a600001;       // 10.96.0.1
constexpr std::uint16_t kPort = 8080;
inline std::uint32_t backend_ip(std::uint32_t i) {
  return 0x0a010002 + i;
}  // pods 1, 2, …

class MeshFixture {
 public:
  explicit MeshFixture(Wire wire, std::uint64_t seed = 1) : world(seed), wire_(wire) {
    pod_of_ip[kClientIp] = 0;
    world.hosts["backend"] = {kVip};
  }

  const HttpCodec& codec() const { return wire_ == Wire::real ? http1_codec() : modelled_codec(); }

  ProxyContext& context(std::uint32_t pod, std::uint32_t ip) {
    contexts_.push_back(std::make_unique<ProxyContext>(
        make_proxy_context(surroundings(pod, ip), "sidecar-" + std::to_string(pod), pod)));
    if (mtls != Mtls::disable) {
      tls.push_back(make_tls(authority(), pod == 0 ? "client" : "backend"));
      contexts_.back()->tls = tls.back().get();
    }
    return *contexts_.back();
  }
  ProxyContext& context_of(std::size_t made) { return *contexts_[made]; }  // by the order in which they were made
  CertificateAuthority& authority() {
    if (authority_ == nullptr) authority_ = make_authority(1);
    return *authority_;
  }
  std::unique_ptr<CertificateAuthority> make_authority(std::uint64_t key) {
    if (wire_ == Wire::modelled) return make_modelled_authority("cluster.local", key);
    return make_x509_authority("cluster.local", world.clock.unix_zero());
  }
  // Of an identity that the authority has signed; it trusts `authority()` alone.
  std::unique_ptr<TlsContext> make_tls(CertificateAuthority& signer, const std::string& account) {
    const SpiffeId id{"cluster.local", "default", account};
    auto own = std::make_shared<Credential>();
    CertificateRequest request;
    if (wire_ == Wire::real) request = make_certificate_request(id);
    const Time now = world.clock.unix_zero() + world.clock.now();
    IssuedCertificate issued = signer.issue(request.request_pem, id, now, 24 * 3600 * kSecond);
    own->facts = issued.facts;
    own->chain_pem = issued.chain_pem;
    own->key_pem = request.key_pem;
    return make_tls_context(wire_, world.runtime, own, std::make_shared<TrustBundle>(authority().trust()));
  }
  static std::string identity(const std::string& account) { return "spiffe://cluster.local/ns/default/sa/" + account; }
  RoleSurroundings surroundings(std::uint32_t pod, std::uint32_t ip) {
    return {world.runtime, world.pod(ip), recorder, wire_, pod, pod_of_ip};
  }

  // The client's pod and its sidecar, routed to `backend` on every pod added so far.
  SidecarProxy& add_client_sidecar() {
    world.pod(kClientIp).capture = true;
    client_proxy = std::make_unique<SidecarProxy>(context(0, kClientIp), SidecarProxyOptions{});
    client_proxy->listen();
    configure();
    return *client_proxy;
  }
  // A pod of backend with a sidecar; its application is up to the test.
  std::uint32_t add_backend_pod(bool with_sidecar = true) {
    const auto place = static_cast<std::uint32_t>(backends_++);
    const std::uint32_t ip = backend_ip(place);
    pod_of_ip[ip] = place + 1;
    world.pod(ip).capture = with_sidecar;
    if (with_sidecar) {
      proxies.push_back(std::make_unique<SidecarProxy>(
          context(place + 1, ip),
          SidecarProxyOptions{
              .app_port = kPort, .app_protocol = app_protocol, .mtls = mtls, .identity = identity("backend")}));
      proxies.back()->listen();
    }
    return ip;
  }
  Workload& add_workload(std::uint32_t place, WorkloadConfig config) {
    workloads.push_back(std::make_unique<Workload>(config, surroundings(place + 1, backend_ip(place))));
    workloads.back()->start([] {});
    return *workloads.back();
  }

  void configure() { configure(client_proxy->config()); }
  void configure(ConfigSink& sink) {
    sink.on_listener(std::make_shared<ListenerConfig>(ListenerConfig{"0.0.0.0_8080", {0, kPort}, "8080", ""}));
    sink.on_routes(std::make_shared<RouteConfig>(routes));
    sink.on_cluster(std::make_shared<ClusterConfig>(cluster));
    auto assignment = std::make_shared<ClusterAssignment>();
    assignment->cluster = cluster.name;
    LocalityEndpoints here;
    for (std::size_t i = 0; i < backends_; ++i) {
      EndpointConfig endpoint;
      endpoint.address = {backend_ip(static_cast<std::uint32_t>(i)), kPort};
      endpoint.transport = transport;
      here.endpoints.push_back(endpoint);
    }
    if (!here.endpoints.empty()) assignment->localities.push_back(here);
    sink.on_assignment(assignment);
  }

  Mtls mtls = Mtls::disable;  // of the sidecars made from then on
  AppProtocol app_protocol = AppProtocol::http1;
  EndpointTransport transport = EndpointTransport::plain;
  std::vector<std::unique_ptr<TlsContext>> tls;  // by the order of the sidecars
  MemoryWorld world;
  KeepingRecorder recorder;
  std::map<std::uint32_t, std::uint32_t> pod_of_ip;
  ClusterConfig cluster = [] {
    ClusterConfig config;
    config.name = "outbound|8080||backend";
    config.lb_policy = LbPolicy::round_robin;
    config.connect_timeout = kSecond;
    config.breakers = {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff};
    return config;
  }();
  RouteConfig routes = [] {
    RouteConfigEntry route;
    route.cluster = "outbound|8080||backend";
    route.retry.attempts = 2;
    route.retry.on_connect_failure = true;
    route.retry.skip_previous_hosts = true;
    return RouteConfig{"8080", {{"backend", {"backend", "*.backend.example"}, {route}}}};
  }();
  RouteConfigEntry& route() { return routes.virtual_hosts[0].routes[0]; }
  std::unique_ptr<SidecarProxy> client_proxy;
  std::vector<std::unique_ptr<SidecarProxy>> proxies;
  std::vector<std::unique_ptr<Workload>> workloads;

 private:
  Wire wire_;
  std::unique_ptr<CertificateAuthority> authority_;
  std::size_t backends_ = 0;
  std::vector<std::unique_ptr<ProxyContext>> contexts_;
};

// One request by hand through the client's pod.
class HandClient final : public ClientHandler, public ResponseReceiver {
 public:
  HandClient(MeshFixture& mesh, SocketAddress to = {kVip, kPort}) : mesh_(mesh) {
    dial_ = mesh.world.pod(kClientIp).dial(to, {}, [this](std::unique_ptr<ByteStream> stream, DialError) {
      if (stream != nullptr) connection = mesh_.codec().connect(mesh_.world.runtime, std::move(stream), *this);
    });
    mesh.world.clock.run_until(mesh.world.clock.now() + kMillisecond);
  }
  // Leaves the answer in the members.
  HandClient& get(const std::string& authority = "backend:8080", const std::string& path = "/") {
    begin(make_request("GET", authority, path), 0, true);
    return *this;
  }
  void begin(std::unique_ptr<RequestHead> head, std::uint64_t body, bool end) {
    status = 0;
    received = 0;
    text.clear();
    answer = nullptr;
    ended = false;
    Buffer data;
    mesh_.codec().append_body(data, body);
    exchange = &connection->open(*this);
    exchange->send_head(std::move(head), data, end);
  }
  void on_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end) override {
    status = head->status;
    flags = std::string(head->headers.get(kResponseFlags));
    at = mesh_.world.clock.now();
    answer = std::move(head);
    on_data(data, end);
  }
  void on_data(Buffer& data, bool end) override {
    received += data.size();
    text += data.share(0, data.size()).to_string();
    if (end) ended = true;
    if (end) ended_at = mesh_.world.clock.now();
    if (stalls && !end) exchange->pause();
  }
  void on_reset(ResetReason) override { reset = true; }
  void on_available(ClientConnection&) override {}
  void on_closed(ClientConnection&) override {
    closed = true;
    connection = nullptr;
  }

  std::unique_ptr<ClientConnection> connection;
  ClientExchange* exchange = nullptr;
  int status = 0;
  std::string flags;
  std::unique_ptr<ResponseHead> answer;
  std::string text;  // of its body
  std::size_t received = 0;
  bool ended = false;
  bool reset = false;
  bool closed = false;
  bool stalls = false;
  Time at = 0;
  Time ended_at = 0;

 private:
  MeshFixture& mesh_;
  Handle dial_;
};

}  // namespace meshtwin::testing_world
