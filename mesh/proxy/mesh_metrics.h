#pragma once

// Istio's standard metrics, as one proxy counts them: requests and TCP connections by who asked whom. Who they are is
// put into words once for each pair (a MetricSource and a MetricDestination), what became of a request once for each
// outcome; after that a request is a few additions.
//
// Names, labels and their meaning: Istio's documentation of its standard metrics; buckets: Envoy's default.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
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

// The series of one pair's requests, by outcome.
class RequestSeries {
 public:
  RequestSeries(MetricRegistry& registry, LabelText pair, std::string_view security)
      : registry_(registry), pair_(std::move(pair)), security_(security) {}

  void count(const RequestOutcome& outcome) {
    const Series& series = of(outcome);
    series.requests->add();
    series.duration->add(outcome.lasted);
    series.request_bytes->add(kPartsOfByte * static_cast<std::int64_t>(outcome.request_bytes));
    series.response_bytes->add(kPartsOfByte * static_cast<std::int64_t>(outcome.response_bytes));
  }

 private:
  struct Series {
    std::uint16_t status = 0;
    bool grpc = false;
    std::string grpc_status;
    std::string flags;
    Counter* requests = nullptr;
    BucketCounts* duration = nullptr;
    BucketCounts* request_bytes = nullptr;
    BucketCounts* response_bytes = nullptr;
  };

  const Series& of(const RequestOutcome& outcome) {
    for (const Series& known : series_) {
      if (known.status == outcome.status && known.flags == outcome.response_flags && known.grpc == outcome.grpc &&
          known.grpc_status == outcome.grpc_status) {
        return known;
      }
    }
    return add(outcome);
  }
  const Series& add(const RequestOutcome& outcome);

  MetricRegistry& registry_;
  const LabelText pair_;
  const std::string_view security_;
  std::vector<Series> series_;
};

// Whom requests go to. Stays as long as its MeshMetrics.
struct MetricDestination {
  std::size_t place = 0;  // among them
  WorkloadLabels workload;
  std::string principal;  // SPIFFE ID, where it is to prove it; empty: it is not
  std::string service;    // host; empty: not known
};

// Whom requests come from, with its series towards each destination. Stays as long as its MeshMetrics.
class MetricSource {
 public:
  MetricSource(MeshMetrics& metrics, WorkloadLabels workload, std::string principal)
      : metrics_(metrics), workload_(std::move(workload)), principal_(std::move(principal)) {}

  RequestSeries& requests_to(const MetricDestination& destination) {
    if (destination.place < requests_.size() && requests_[destination.place] != nullptr) {
      return *requests_[destination.place];
    }
    return add_requests(destination);
  }
  const TcpSeries& tcp_to(const MetricDestination& destination);

  // What was found out about it: counted so from now on.
  void name(WorkloadLabels workload);

 private:
  friend class MeshMetrics;
  RequestSeries& add_requests(const MetricDestination& destination);

  MeshMetrics& metrics_;
  WorkloadLabels workload_;
  const std::string principal_;                           // as it has proved; empty: it has not
  std::vector<std::unique_ptr<RequestSeries>> requests_;  // by the destination's place
  std::map<std::size_t, TcpSeries> tcp_;                  // likewise
};

class MeshMetrics {
 public:
  // `self`, `principal` (empty: it has no identity), `service`: the proxy's own pod's; the host that its pod serves.
  MeshMetrics(MetricRegistry& registry, Reporter reporter, WorkloadLabels self, std::string principal,
              const std::string& service);

  // The proxy's own pod, as one who asks and as one who is asked. `proved`: with its identity, as the other end is.
  MetricSource& self() { return *self_; }
  const MetricDestination& self_as_destination(bool proved) const { return proved ? *inbound_proved_ : *inbound_; }
  // A peer of an accepted connection, by its address and the identity it has proved. Where nobody can be asked who has
  // an address, addresses are not told apart.
  MetricSource& source(std::uint32_t ip, const std::string& principal);
  // An endpoint of a cluster, with its metadata's text; `proved`: it is asked to prove one of the cluster's identities.
  const MetricDestination& endpoint(const ClusterConfig& cluster, const std::string& workload, bool proved);
  // A cluster, where no endpoint was chosen.
  const MetricDestination& cluster(const std::string& name);
  // Nobody: no route, no such cluster, an address outside the mesh.
  const MetricDestination& unknown() const { return *unknown_; }
  const MetricDestination& destination(const WorkloadLabels& workload, const std::string& principal,
                                       const std::string& service);

  // Is told of the first connection from an address, and names the source when it has learnt who that is.
  using Ask = std::function<void(std::uint32_t ip)>;
  void ask_with(Ask ask) { ask_ = std::move(ask); }
  void name(std::uint32_t ip, const WorkloadLabels& workload);  // of an address not asked about: nothing happens

  MetricRegistry& registry() { return registry_; }

 private:
  friend class MetricSource;
  using DestinationKey = std::pair<std::string, std::pair<std::string, std::string>>;  // workload, principal, service
  LabelText pair(const MetricSource& source, const MetricDestination& destination) const;
  std::string_view security_of(const MetricSource& source) const;

  MetricRegistry& registry_;
  const Reporter reporter_;
  const WorkloadLabels self_labels_;
  const std::string principal_;
  std::map<std::pair<std::uint32_t, std::string>, std::unique_ptr<MetricSource>> sources_;
  std::map<std::uint32_t, WorkloadLabels> known_;  // by address; unknown: asked for
  std::map<DestinationKey, std::unique_ptr<MetricDestination>> destinations_;
  std::unique_ptr<MetricSource> self_;
  const MetricDestination* unknown_ = nullptr;
  const MetricDestination* inbound_ = nullptr;
  const MetricDestination* inbound_proved_ = nullptr;
  Ask ask_;
};

}  // namespace meshtwin
