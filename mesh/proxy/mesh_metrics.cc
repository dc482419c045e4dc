#include "mesh/proxy/mesh_metrics.h"

#include <array>
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

constexpr std::array<const MetricFamily*, 4> kTcp = {&kTcpOpened, &kTcpClosed, &kTcpReceived, &kTcpSent};

constexpr std::string_view kUnknown = "unknown";
constexpr std::size_t kLabelsLength = 1100;  // about, of a pair and an outcome
constexpr std::size_t kPeersMost = 16384;    // beyond them clients are counted as one

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

void add_workload(LabelText& text, std::string_view side, const WorkloadLabels& who, std::string_view principal) {
  const auto label = [&](std::string_view name, std::string_view value) {
    text.add(side, name, who.known() ? or_unknown(value) : kUnknown);
  };
  label("workload", who.workload);
  label("canonical_service", who.app);
  label("canonical_revision", who.version);
  label("workload_namespace", who.name_space);
  text.add(side, "principal", or_unknown(principal));
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

void RequestSeries::count(const RequestOutcome& outcome) {
  ++requests;
  duration.add(kMillisecondBounds, outcome.lasted);
  request_bytes.add(kByteBounds, kPartsOfByte * static_cast<std::int64_t>(outcome.request_bytes));
  response_bytes.add(kByteBounds, kPartsOfByte * static_cast<std::int64_t>(outcome.response_bytes));
}

RequestSeries& MetricSource::add(const MetricDestination& destination, const RequestOutcome& outcome) {
  if (requests_.size() <= destination.place) requests_.resize(destination.place + 1);
  std::unique_ptr<Requests>& requests = requests_[destination.place];
  if (requests == nullptr) {
    requests = std::make_unique<Requests>();
    requests->to = &destination;
  }
  RequestSeries& series = requests->outcomes.emplace_back();
  series.status = outcome.status;
  series.grpc = outcome.grpc;
  series.grpc_status = outcome.grpc_status;
  series.flags = outcome.response_flags;
  return series;
}

TcpSeries MetricSource::tcp_to(const MetricDestination& destination) {
  Connections& connections = connections_[destination.place];
  connections.to = &destination;
  auto& [opened, closed, received, sent] = connections.counters;
  return {&opened, &closed, &received, &sent};
}

MeshMetrics::MeshMetrics(MetricRegistry& registry, Reporter reporter, const WorkloadLabels& self,
                         const std::string& principal, const std::string& service)
    : registry_(registry), reporter_(reporter) {
  registry.add(*this);
  self_ = {&source_of(self, principal), principal};
  unknown_ = &cluster({});
  inbound_ = &destination(self, "", service);
  inbound_proved_ = &destination(self, principal, service);
}

MetricSource& MeshMetrics::source_of(const WorkloadLabels& workload, const std::string& principal) {
  std::unique_ptr<MetricSource>& known = sources_[{to_text(workload), principal}];
  if (known == nullptr) known = std::make_unique<MetricSource>(workload, principal);
  return *known;
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

MetricPeer& MeshMetrics::source(std::uint32_t ip, const std::string& principal) {
  if (!ask_ || peers_.size() >= kPeersMost) ip = 0;
  const auto [peer, fresh] = peers_.try_emplace({ip, principal});
  if (!fresh) return peer->second;
  // One that is known under another identity, or none, is the same workload.
  WorkloadLabels workload;
  for (auto other = peers_.lower_bound({ip, {}}); other != peers_.end() && other->first.first == ip; ++other) {
    if (other != peer) workload = other->second.is->workload_;
  }
  peer->second = {&source_of(workload, principal), principal};
  if (ip != 0 && asked_.insert(ip).second) ask_(ip);
  return peer->second;
}

void MeshMetrics::name(std::uint32_t ip, const WorkloadLabels& workload) {
  if (!asked_.contains(ip)) return;
  for (auto peer = peers_.lower_bound({ip, {}}); peer != peers_.end() && peer->first.first == ip; ++peer) {
    peer->second.is = &source_of(workload, peer->second.principal);
  }
}

void MeshMetrics::show(MetricSink& sink) const {
  for (const auto& [key, source] : sources_) {
    for (const auto& requests : source->requests_) {
      if (requests == nullptr) continue;
      for (const RequestSeries& series : requests->outcomes) {
        const std::string text = labels(*source, *requests->to, series);
        sink.counter(kRequests, text, series.requests);
        sink.histogram(kDuration, text, series.duration.counts(), series.duration.sum());
        sink.histogram(kRequestBytes, text, series.request_bytes.counts(), series.request_bytes.sum());
        sink.histogram(kResponseBytes, text, series.response_bytes.counts(), series.response_bytes.sum());
      }
    }
    for (const auto& [place, connections] : source->connections_) {
      const std::string text = tcp_labels(*source, *connections.to);
      for (std::size_t i = 0; i < kTcp.size(); ++i) sink.counter(*kTcp[i], text, connections.counters[i].value());
    }
  }
}

// A histogram's count is that of the requests.
void MeshMetrics::changes(const Sample& sample) {
  for (const auto& [key, source] : sources_) {
    for (const auto& requests : source->requests_) {
      if (requests == nullptr) continue;
      for (RequestSeries& series : requests->outcomes) {
        if (std::exchange(series.reported, series.requests) == series.requests) continue;
        const std::string text = labels(*source, *requests->to, series);
        sample(series_text(kRequests.name, {}, text), static_cast<double>(series.requests));
        sample(series_text(kDuration.name, "_sum", text), in_unit(series.duration.sum(), kDuration));
        sample(series_text(kRequestBytes.name, "_sum", text), in_unit(series.request_bytes.sum(), kRequestBytes));
        sample(series_text(kResponseBytes.name, "_sum", text), in_unit(series.response_bytes.sum(), kResponseBytes));
      }
    }
    for (auto& [place, connections] : source->connections_) {
      for (std::size_t i = 0; i < kTcp.size(); ++i) {
        const std::uint64_t value = connections.counters[i].value();
        if (std::exchange(connections.reported[i], value) == value) continue;
        sample(series_text(kTcp[i]->name, {}, tcp_labels(*source, *connections.to)), static_cast<double>(value));
      }
    }
  }
}

std::string MeshMetrics::labels(const MetricSource& source, const MetricDestination& destination,
                                const RequestSeries& series) const {
  LabelText text = pair(source, destination);
  text.add("request_protocol", series.grpc ? "grpc" : "http");
  text.add("response_code", std::to_string(series.status));
  if (series.grpc) text.add("grpc_response_status", series.grpc_status);
  text.add("response_flags", series.flags.empty() ? "-" : series.flags);
  text.add("connection_security_policy", security_of(source));
  return std::move(text).text();
}

std::string MeshMetrics::tcp_labels(const MetricSource& source, const MetricDestination& destination) const {
  LabelText text = pair(source, destination);
  text.add("request_protocol", "tcp").add("response_flags", "-");
  text.add("connection_security_policy", security_of(source));
  return std::move(text).text();
}

LabelText MeshMetrics::pair(const MetricSource& source, const MetricDestination& destination) const {
  LabelText text;
  text.reserve(kLabelsLength);
  text.add("reporter", name_of(reporter_));
  // Its own identity it shows only to one who is to prove his.
  const bool shows = &source != self_.is || !destination.principal.empty();
  add_workload(text, "source_", source.workload_, shows ? source.principal_ : "");
  add_workload(text, "destination_", destination.workload, destination.principal);
  add_service(text, destination.service);
  return text;
}

// A client's proxy does not say: Istio's neither.
std::string_view MeshMetrics::security_of(const MetricSource& source) const {
  if (&source == self_.is && reporter_ == Reporter::source) return kUnknown;
  if (!source.principal_.empty()) return "mutual_tls";
  return reporter_ == Reporter::source ? kUnknown : "none";
}

}  // namespace meshtwin
