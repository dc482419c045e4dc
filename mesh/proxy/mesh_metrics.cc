#include "mesh/proxy/mesh_metrics.h"

#include <utility>

#include "mesh/base/time.h"
#include "mesh/traffic/config.h"

namespace meshtwin {
namespace {

// Envoy's bounds: of milliseconds, here in nanoseconds, and of anything else.
constexpr std::int64_t kMillisecondBounds[] = {500'000,
                                               1 * kMillisecond,
                                               5 * kMillisecond,
                                               10 * kMillisecond,
                                               25 * kMillisecond,
                                               50 * kMillisecond,
                                               100 * kMillisecond,
                                               250 * kMillisecond,
                                               500 * kMillisecond,
                                               1 * kSecond,
                                               2'500 * kMillisecond,
                                               5 * kSecond,
                                               10 * kSecond,
                                               30 * kSecond,
                                               60 * kSecond,
                                               300 * kSecond,
                                               600 * kSecond,
                                               1800 * kSecond,
                                               3600 * kSecond};
// In kPartsOfByte.
constexpr std::int64_t kByteBounds[] = {5,       10,       50,        100,        250,       500,     1'000,
                                        2'500,   5'000,    10'000,    25'000,     50'000,    100'000, 300'000,
                                        600'000, 3000'000, 6'000'000, 18'000'000, 36'000'000};

constexpr MetricFamily kRequests{"istio_requests_total", "Requests", MetricKind::counter};
constexpr MetricFamily kDuration{"istio_request_duration_milliseconds", "Duration of requests", MetricKind::histogram,
                                 kMillisecondBounds, kMillisecond};
constexpr MetricFamily kRequestBytes{"istio_request_bytes", "Sizes of request bodies", MetricKind::histogram,
                                     kByteBounds, kPartsOfByte};
constexpr MetricFamily kResponseBytes{"istio_response_bytes", "Sizes of response bodies", MetricKind::histogram,
                                      kByteBounds, kPartsOfByte};
constexpr MetricFamily kTcpOpened{"istio_tcp_connections_opened_total", "TCP connections opened", MetricKind::counter};
constexpr MetricFamily kTcpClosed{"istio_tcp_connections_closed_total", "TCP connections closed", MetricKind::counter};
constexpr MetricFamily kTcpReceived{"istio_tcp_received_bytes_total", "Bytes that clients sent over TCP connections",
                                    MetricKind::counter};
constexpr MetricFamily kTcpSent{"istio_tcp_sent_bytes_total", "Bytes that servers sent over TCP connections",
                                MetricKind::counter};

constexpr std::string_view kUnknown = "unknown";
constexpr std::size_t kPeersMost = 16384;  // beyond them clients are counted as one

std::string_view or_unknown(std::string_view text) {
  return text.empty() ? kUnknown : text;
}

std::string_view name_of(Reporter reporter) {
  switch (reporter) {
    case Reporter::source:
      return "source";
    case Reporter::destination:
      return "destination";
    case Reporter::waypoint:
      break;
  }
  return "waypoint";
}

void add_workload(LabelText& text, const std::string& side, const WorkloadLabels& who, std::string_view principal) {
  const auto label = [&](std::string_view name, std::string_view value) {
    text.add(side + std::string(name), who.known() ? or_unknown(value) : kUnknown);
  };
  label("workload", who.workload);
  label("canonical_service", who.app);
  label("canonical_revision", who.version);
  label("workload_namespace", who.name_space);
  text.add(side + "principal", or_unknown(principal));
  label("app", who.app);
  label("version", who.version);
  label("cluster", who.cluster);
}

// NAME.NAMESPACE.svc…
void add_service(LabelText& text, const std::string& host) {
  const std::size_t dot = host.find('.');
  const std::string_view rest = dot == std::string::npos ? std::string_view() : std::string_view(host).substr(dot + 1);
  const bool of_mesh = rest.find(".svc") != std::string_view::npos;
  text.add("destination_service", or_unknown(host));
  text.add("destination_service_name", or_unknown(of_mesh ? host.substr(0, dot) : host));
  text.add("destination_service_namespace", of_mesh ? rest.substr(0, rest.find('.')) : kUnknown);
}

// "outbound|8080||backend.default.svc.cluster.local"; of another name the cluster itself stands for the service.
std::string service_of_cluster(const std::string& name) {
  const std::size_t bar = name.rfind('|');
  return bar == std::string::npos ? name : name.substr(bar + 1);
}

}  // namespace

const RequestSeries::Series& RequestSeries::add(const RequestOutcome& outcome) {
  LabelText labels = pair_;
  labels.add("request_protocol", outcome.grpc ? "grpc" : "http");
  labels.add("response_code", std::to_string(outcome.status));
  if (outcome.grpc) labels.add("grpc_response_status", outcome.grpc_status);
  labels.add("response_flags", outcome.response_flags.empty() ? "-" : outcome.response_flags);
  labels.add("connection_security_policy", security_);
  Series series;
  series.status = outcome.status;
  series.grpc = outcome.grpc;
  series.grpc_status = outcome.grpc_status;
  series.flags = outcome.response_flags;
  series.requests = &registry_.counter(kRequests, labels);
  series.duration = &registry_.histogram(kDuration, labels);
  series.request_bytes = &registry_.histogram(kRequestBytes, labels);
  series.response_bytes = &registry_.histogram(kResponseBytes, labels);
  series_.push_back(std::move(series));
  return series_.back();
}

RequestSeries& MetricSource::add_requests(const MetricDestination& destination) {
  if (requests_.size() <= destination.place) requests_.resize(destination.place + 1);
  requests_[destination.place] = std::make_unique<RequestSeries>(metrics_.registry_, metrics_.pair(*this, destination),
                                                                 metrics_.security_of(*this));
  return *requests_[destination.place];
}

const TcpSeries& MetricSource::tcp_to(const MetricDestination& destination) {
  TcpSeries& series = tcp_[destination.place];
  if (series.opened != nullptr) return series;
  LabelText labels = metrics_.pair(*this, destination);
  labels.add("request_protocol", "tcp").add("response_flags", "-");
  labels.add("connection_security_policy", metrics_.security_of(*this));
  MetricRegistry& registry = metrics_.registry_;
  series = {&registry.counter(kTcpOpened, labels), &registry.counter(kTcpClosed, labels),
            &registry.counter(kTcpReceived, labels), &registry.counter(kTcpSent, labels)};
  return series;
}

void MetricSource::name(WorkloadLabels workload) {
  workload_ = std::move(workload);
  requests_.clear();
  tcp_.clear();
}

MeshMetrics::MeshMetrics(MetricRegistry& registry, Reporter reporter, WorkloadLabels self, std::string principal,
                         const std::string& service)
    : registry_(registry),
      reporter_(reporter),
      self_labels_(std::move(self)),
      principal_(std::move(principal)),
      self_(std::make_unique<MetricSource>(*this, self_labels_, principal_)) {
  unknown_ = &cluster({});
  inbound_ = &destination(self_labels_, "", service);
  inbound_proved_ = &destination(self_labels_, principal_, service);
}

const MetricDestination& MeshMetrics::destination(const WorkloadLabels& workload, const std::string& principal,
                                                  const std::string& service) {
  std::unique_ptr<MetricDestination>& known = destinations_[{to_text(workload), {principal, service}}];
  if (known == nullptr) {
    known =
        std::make_unique<MetricDestination>(MetricDestination{destinations_.size() - 1, workload, principal, service});
  }
  return *known;
}

const MetricDestination& MeshMetrics::endpoint(const ClusterConfig& cluster, const std::string& workload, bool proved) {
  // Which of several identities it was is known to the handshake alone.
  const bool one = proved && cluster.identities.size() == 1;
  return destination(parse_workload_labels(workload), one ? cluster.identities.front() : "",
                     service_of_cluster(cluster.name));
}

const MetricDestination& MeshMetrics::cluster(const std::string& name) {
  return destination(WorkloadLabels(), "", service_of_cluster(name));
}

MetricSource& MeshMetrics::source(std::uint32_t ip, const std::string& principal) {
  if (!ask_ || sources_.size() >= kPeersMost) ip = 0;
  std::unique_ptr<MetricSource>& known = sources_[{ip, principal}];
  if (known != nullptr) return *known;
  const auto [about, fresh] = known_.try_emplace(ip);
  known = std::make_unique<MetricSource>(*this, about->second, principal);
  MetricSource& source = *known;
  if (fresh && ip != 0) ask_(ip);
  return source;
}

void MeshMetrics::name(std::uint32_t ip, const WorkloadLabels& workload) {
  const auto asked = known_.find(ip);
  if (asked == known_.end() || asked->second == workload) return;
  asked->second = workload;
  for (auto at = sources_.lower_bound({ip, {}}); at != sources_.end() && at->first.first == ip; ++at) {
    at->second->name(workload);
  }
}

LabelText MeshMetrics::pair(const MetricSource& source, const MetricDestination& destination) const {
  LabelText text;
  text.add("reporter", name_of(reporter_));
  // Its own identity it shows only to one who is to prove his.
  const bool shows = &source != self_.get() || !destination.principal.empty();
  add_workload(text, "source_", source.workload_, shows ? source.principal_ : "");
  add_workload(text, "destination_", destination.workload, destination.principal);
  add_service(text, destination.service);
  return text;
}

// A client's proxy does not say: Istio's neither.
std::string_view MeshMetrics::security_of(const MetricSource& source) const {
  if (&source == self_.get()) return kUnknown;
  if (!source.principal_.empty()) return "mutual_tls";
  return reporter_ == Reporter::source ? kUnknown : "none";
}

}  // namespace meshtwin
