#pragma once

// Istio's standard metrics, as one proxy counts them: requests and TCP connections by who asked whom (a MetricSource
// and a MetricDestination) and what came of it. Both are looked up when a connection or an endpoint is new, so that a
// request is a few additions; they are put into words when somebody reads the metrics.
//
// Names, labels and their meaning: Istio's documentation of its standard metrics; buckets: Envoy's default.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mesh/base/time.h"
#include "mesh/proxy/tcp_series.h"
#include "mesh/telemetry/metrics.h"
#include "mesh/telemetry/workload_labels.h"

namespace meshtwin {

struct ClusterConfig;
class MeshMetrics;

// Who reports: the client's side, the server's, or one between them.
enum class Reporter : unsigned char { source, destination, waypoint };

inline constexpr std::int64_t kPartsOfByte = 10;  // Envoy's lowest bound is half a byte

// What a request came to.
struct RequestOutcome {
  std::uint16_t status = 0;  // 0: the client went before it got any
  bool grpc = false;
  std::string_view grpc_status = {};     // a number; empty: none was given
  std::string_view response_flags = {};  // empty: none
  Duration lasted = 0;
  std::uint64_t request_bytes = 0;  // of bodies
  std::uint64_t response_bytes = 0;
};

// A histogram with Envoy's buckets.
class EnvoyHistogram {
 public:
  static constexpr std::size_t kBounds = 19;
  void add(std::span<const std::int64_t> bounds, std::int64_t value) {
    std::size_t bucket = 0;
    while (bucket < kBounds && value > bounds[bucket]) ++bucket;
    ++counts_[bucket];
    sum_ += value;
  }
  std::span<const std::uint64_t> counts() const { return counts_; }
  std::int64_t sum() const { return sum_; }

 private:
  std::array<std::uint64_t, kBounds + 1> counts_{};
  std::int64_t sum_ = 0;
};

// The requests of one pair that came to the same.
struct RequestSeries {
  std::uint16_t status = 0;
  bool grpc = false;
  std::string grpc_status;
  std::string flags;
  std::uint64_t requests = 0;
  std::uint64_t reported = 0;  // of them
  EnvoyHistogram duration;
  EnvoyHistogram request_bytes;  // in kPartsOfByte
  EnvoyHistogram response_bytes;

  bool is(const RequestOutcome& outcome) const {
    return status == outcome.status && flags == outcome.response_flags && grpc == outcome.grpc &&
           grpc_status == outcome.grpc_status;
  }
  void count(const RequestOutcome& outcome);
};

// Whom requests go to. Stays as long as its MeshMetrics.
struct MetricDestination {
  std::size_t place = 0;  // among them
  WorkloadLabels workload;
  std::string principal;  // SPIFFE ID, where it is to prove it; empty: it is not
  std::string service;    // host; empty: not known
};

// Whom requests come from, with what it asked of each destination. Stays as long as its MeshMetrics. All peers of a
// workload that prove the same identity are one.
class MetricSource {
 public:
  MetricSource(WorkloadLabels workload, std::string principal)
      : workload_(std::move(workload)), principal_(std::move(principal)) {}

  void count(const MetricDestination& destination, const RequestOutcome& outcome) {
    series(destination, outcome).count(outcome);
  }
  TcpSeries tcp_to(const MetricDestination& destination);

 private:
  friend class MeshMetrics;
  struct Requests {
    const MetricDestination* to = nullptr;
    std::vector<RequestSeries> outcomes;
  };
  struct Connections {
    const MetricDestination* to = nullptr;
    std::array<Counter, 4> counters;  // opened, closed, received, sent
    std::array<std::uint64_t, 4> reported{};
  };

  RequestSeries& series(const MetricDestination& destination, const RequestOutcome& outcome) {
    if (destination.place < requests_.size() && requests_[destination.place] != nullptr) {
      for (RequestSeries& known : requests_[destination.place]->outcomes) {
        if (known.is(outcome)) return known;
      }
    }
    return add(destination, outcome);
  }
  RequestSeries& add(const MetricDestination& destination, const RequestOutcome& outcome);

  const WorkloadLabels workload_;
  const std::string principal_;                      // as it has proved; empty: it has not
  std::vector<std::unique_ptr<Requests>> requests_;  // by the destination's place
  std::map<std::size_t, Connections> connections_;   // likewise
};

// One peer of accepted connections. Who it is may be learnt while they go on.
struct MetricPeer {
  MetricSource* is = nullptr;
  std::string principal;
};

class MeshMetrics final : public MetricCollector {
 public:
  // `self`, `principal` (empty: it has no identity), `service`: the proxy's own pod's; the host that its pod serves.
  MeshMetrics(MetricRegistry& registry, Reporter reporter, const WorkloadLabels& self, const std::string& principal,
              const std::string& service);
  MeshMetrics(const MeshMetrics&) = delete;
  MeshMetrics& operator=(const MeshMetrics&) = delete;

  // The proxy's own pod, as one who asks and as one who is asked. `proved`: with its identity, as the other end is.
  MetricPeer& self() { return self_; }
  const MetricDestination& self_as_destination(bool proved) const { return proved ? *inbound_proved_ : *inbound_; }
  // A peer of an accepted connection, by its address and the identity it has proved. Where nobody can be asked who has
  // an address, addresses are not told apart.
  MetricPeer& source(std::uint32_t ip, const std::string& principal);
  // An endpoint of a cluster, with its metadata's text; `proved`: it is asked to prove one of the cluster's identities.
  const MetricDestination& endpoint(const ClusterConfig& cluster, const std::string& workload, bool proved);
  // A cluster, where no endpoint was chosen.
  const MetricDestination& cluster(const std::string& name);
  // Nobody: no route, no such cluster, an address outside the mesh.
  const MetricDestination& unknown() const { return *unknown_; }
  const MetricDestination& destination(const WorkloadLabels& workload, const std::string& principal,
                                       const std::string& service);

  // Is told of the first connection from an address, and names the peer when it has learnt who that is.
  using Ask = std::function<void(std::uint32_t ip)>;
  void ask_with(Ask ask) { ask_ = std::move(ask); }
  void name(std::uint32_t ip, const WorkloadLabels& workload);  // of an address not asked about: nothing happens

  MetricRegistry& registry() { return registry_; }

  void show(MetricSink& sink) const override;
  void changes(const Sample& sample) override;

 private:
  using DestinationKey = std::pair<std::string, std::pair<std::string, std::string>>;  // workload, principal, service
  using SourceKey = std::pair<std::string, std::string>;                               // workload, principal
  MetricSource& source_of(const WorkloadLabels& workload, const std::string& principal);
  LabelText pair(const MetricSource& source, const MetricDestination& destination) const;
  std::string labels(const MetricSource& source, const MetricDestination& destination,
                     const RequestSeries& series) const;
  std::string tcp_labels(const MetricSource& source, const MetricDestination& destination) const;
  std::string_view security_of(const MetricSource& source) const;

  MetricRegistry& registry_;
  const Reporter reporter_;
  std::map<SourceKey, std::unique_ptr<MetricSource>> sources_;
  std::map<std::pair<std::uint32_t, std::string>, MetricPeer> peers_;
  std::set<std::uint32_t> asked_;
  std::map<DestinationKey, std::unique_ptr<MetricDestination>> destinations_;
  MetricPeer self_;
  const MetricDestination* unknown_ = nullptr;
  const MetricDestination* inbound_ = nullptr;
  const MetricDestination* inbound_proved_ = nullptr;
  Ask ask_;
};

}  // namespace meshtwin
