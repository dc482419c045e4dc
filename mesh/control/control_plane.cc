#include "mesh/control/control_plane.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "mesh/control/certificate_service.h"
#include "mesh/control/control_metrics.h"
#include "mesh/control/delta_session.h"
#include "mesh/control/document_set.h"
#include "mesh/control/keepalive.h"
#include "mesh/control/mesh_config.h"
#include "mesh/control/pod_registry.h"
#include "mesh/control/snapshot_store.h"
#include "mesh/control/xds_transport.h"
#include "mesh/resource/document_io.h"
#include "mesh/runtime/network.h"
#include "mesh/runtime/runtime.h"
#include "mesh/telemetry/record.h"

namespace meshtwin {
namespace {

constexpr Duration kLongestDebounce = 10 * kSecond;  // changes that never cease are pushed all the same

}  // namespace

class ControlPlane::Impl {
 public:
  Impl(ControlPlaneConfig config, const RoleSurroundings& surroundings)
      : config_(std::move(config)),
        runtime_(surroundings.runtime),
        network_(surroundings.network),
        recorder_(surroundings.recorder),
        modelled_(surroundings.wire == Wire::modelled),
        registry_(config_),
        documents_(read_documents(config_.documents)),
        store_(config_, std::make_shared<const MeshConfig>(config_, documents_), registry_, !modelled_),
        metrics_(surroundings, [this] { return streams_.size(); }) {}

  void start(Callback on_ready);
  void begin() { metrics_.begin(config_.journal_every); }
  void report() { metrics_.report(); }
  void configure(const ConfigChange& change);

 private:
  // One proxy's connection.
  struct Stream {
    std::uint64_t id = 0;
    std::string name;  // of the proxy: its pod's, or its node ID
    std::optional<std::size_t> pod;
    std::set<std::size_t> speaks_for;  // its own pod, or those of its node
    std::string node_id;
    ProxyClass proxies;                       // to which it belongs
    std::shared_ptr<const XdsSnapshot> seen;  // its session is up to date with; null: it has asked for nothing yet
    std::uint64_t told_config = 0;            // the last configuration it was told about as such
    bool named = false;
    DeltaSession session;
    std::unique_ptr<XdsTransport> transport;
    std::unique_ptr<KeepaliveTimers> keepalive;
  };

  void start_certificates();
  void accept(std::unique_ptr<ByteStream> stream);
  void take(Stream& stream, const DeltaRequest& request);
  void name(Stream& stream, const std::string& node_id);
  ProxyClass class_of(const Stream& stream) const;
  void speak_for(Stream& stream, std::size_t pod);
  std::optional<std::size_t> reported_pod(Stream& stream, const DeltaRequest& request);
  void take_health(Stream& stream, const DeltaRequest& request);
  bool send_owed(Stream& stream);  // whether there was anything
  void close(std::uint64_t id, const std::string& reason);
  void forget(std::size_t pod, const std::string& reason);
  void changed(std::size_t pod);
  void push_soon();
  void push();
  std::size_t note_changes();
  void stop_waiting();
  void record(const char* kind, const std::string& subject, std::string detail);

  const ControlPlaneConfig config_;
  Runtime& runtime_;
  Network& network_;
  Recorder& recorder_;
  const bool modelled_;
  PodRegistry registry_;
  Resources documents_;
  SnapshotStore store_;
  ControlMetrics metrics_;
  std::unique_ptr<CertificateService> certificates_;  // null: nobody needs any
  Handle listener_;
  Timer ready_;
  std::uint64_t last_stream_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Stream>> streams_;
  std::map<std::size_t, Timer> gone_timers_;  // of pods whose stream broke
  std::set<std::size_t> changed_services_;
  std::shared_ptr<const MeshConfig> changed_mesh_;  // the configuration of the next push; null: the present one
  Time first_change_ = 0;
  Timer debounce_;
  // Since the start; while there are any, endpoints are withheld.
  std::set<std::size_t> unreported_;
  Timer patience_;
};

void ControlPlane::Impl::start(Callback on_ready) {
  const SocketAddress at{0, config_.port};
  listener_ = network_.listen(at, [this](AcceptedStream accepted) { accept(std::move(accepted.stream)); });
  if (listener_ == nullptr)
    throw std::runtime_error("control plane: listen on " + to_string(at) + ": address is taken");
  metrics_.listen(network_);
  start_certificates();
  ready_ = runtime_.clock.after(0, std::move(on_ready));
  if (config_.patience <= 0) return;
  for (std::size_t pod = 0; pod < config_.pods.size(); ++pod) {
    if (!registry_.services_of(pod).empty() && config_.pods[pod].starts) unreported_.insert(pod);
  }
  patience_ = runtime_.clock.after(config_.patience, [this] { stop_waiting(); });
}

void ControlPlane::Impl::start_certificates() {
  if (config_.mtls == Mtls::disable && config_.data_plane != DataPlane::ambient) return;
  certificates_ = std::make_unique<CertificateService>(config_, runtime_, network_, recorder_, modelled_);
  if (certificates_->listen()) return;
  throw std::runtime_error("control plane: listen on port " + std::to_string(config_.authority_port) +
                           ": address is taken");
}

void ControlPlane::Impl::accept(std::unique_ptr<ByteStream> bytes) {
  const std::uint64_t id = ++last_stream_;
  auto stream = std::make_unique<Stream>();
  stream->id = id;
  Stream& s = *stream;
  streams_.emplace(id, std::move(stream));
  XdsTransport::Handlers handlers;
  handlers.on_message = [this, &s](XdsMessage message) {
    s.keepalive->heard();
    if (const auto* request = std::get_if<DeltaRequest>(&message)) take(s, *request);
  };
  handlers.on_broken = [this, id](const std::string& reason) { close(id, reason); };
  handlers.on_drained = [this, &s] { send_owed(s); };
  s.keepalive = std::make_unique<KeepaliveTimers>(
      runtime_.clock, config_.keepalive,
      [&s] {
        if (s.transport->drained()) s.transport->send(Keepalive{});
      },
      [this, id] { close(id, "silent"); });
  s.transport = std::make_unique<XdsTransport>(std::move(bytes), XdsTransport::Receives::requests, modelled_,
                                               std::move(handlers));
}

void ControlPlane::Impl::take(Stream& stream, const DeltaRequest& request) {
  if (!stream.named && !request.node_id.empty()) name(stream, request.node_id);
  if (request.type_url == kHealthTypeUrl) {
    take_health(stream, request);
    return;
  }
  if (stream.seen == nullptr) {
    stream.seen = store_.of(stream.proxies);
    // One that is new is told everything; one that comes back is told what is new.
    if (request.initial_versions.empty()) stream.told_config = store_.config_version();
  }
  if (const auto refused = stream.session.take(request, *stream.seen)) {
    record("refused_config", stream.name, refused->type_url + ": " + refused->reason);
  }
  send_owed(stream);
}

void ControlPlane::Impl::name(Stream& stream, const std::string& node_id) {
  stream.named = true;
  stream.name = node_id;
  stream.node_id = node_id;
  stream.pod = registry_.find(node_id);
  stream.proxies = class_of(stream);
  if (!stream.pod) return;
  stream.name = registry_.declaration(*stream.pod).name;
  speak_for(stream, *stream.pod);
}

ProxyClass ControlPlane::Impl::class_of(const Stream& stream) const {
  return store_.class_of(stream.node_id, stream.pod ? &registry_.declaration(*stream.pod) : nullptr);
}

void ControlPlane::Impl::speak_for(Stream& stream, std::size_t pod) {
  if (!stream.speaks_for.insert(pod).second) return;
  registry_.opened(pod, stream.id);
  gone_timers_.erase(pod);
}

// The pod whose health a proxy reports: its own, or, by a node's proxy, one of its node's. None: it may not.
std::optional<std::size_t> ControlPlane::Impl::reported_pod(Stream& stream, const DeltaRequest& request) {
  if (!stream.pod.has_value()) return std::nullopt;
  const std::optional<std::size_t> named = request.node_id.empty() ? stream.pod : registry_.find(request.node_id);
  if (!named.has_value() || *named == *stream.pod) return named;
  const PodDeclaration& proxy = registry_.declaration(*stream.pod);
  if (!proxy.node_proxy || registry_.declaration(*named).node != proxy.node) return std::nullopt;
  speak_for(stream, *named);
  return named;
}

void ControlPlane::Impl::take_health(Stream& stream, const DeltaRequest& request) {
  const std::optional<std::size_t> pod = reported_pod(stream, request);
  if (!pod || registry_.services_of(*pod).empty()) return;
  const PodHealth health = request.error ? PodHealth::unready : PodHealth::ready;
  if (registry_.set_health(*pod, health)) {
    record(request.error ? "pod_unready" : "pod_ready", registry_.declaration(*pod).name, request.error.value_or(""));
    changed(*pod);
  }
  if (unreported_.erase(*pod) > 0 && unreported_.empty()) stop_waiting();
}

void ControlPlane::Impl::stop_waiting() {
  patience_.cancel();
  for (const std::size_t pod : std::exchange(unreported_, {})) {
    record("pod_gone", registry_.declaration(pod).name, "not heard of since the control plane started");
  }
  push();
}

bool ControlPlane::Impl::send_owed(Stream& stream) {
  // While the proxy does not keep up, changes gather in the session and reach it later as one.
  if (!stream.transport->drained() || stream.seen == nullptr) return false;
  std::vector<DeltaResponse> responses = stream.session.collect(*stream.seen, !unreported_.empty());
  if (!responses.empty() && stream.told_config < store_.config_version()) {
    stream.told_config = store_.config_version();
    responses.back().system_version = system_version(store_.version(), stream.told_config);
  }
  for (DeltaResponse& response : responses) {
    metrics_.pushed(response.type_url);
    stream.transport->send(std::move(response));
  }
  return !responses.empty();
}

void ControlPlane::Impl::close(std::uint64_t id, const std::string& reason) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const std::unique_ptr<Stream> stream = std::move(found->second);
  streams_.erase(found);
  for (const std::size_t pod : stream->speaks_for) {
    if (!registry_.closed(pod, id) || registry_.health(pod) == PodHealth::absent) continue;
    gone_timers_[pod] = runtime_.clock.after(config_.gone, [this, pod, reason] { forget(pod, reason); });
  }
}

void ControlPlane::Impl::forget(std::size_t pod, const std::string& reason) {
  registry_.set_health(pod, PodHealth::absent);
  record("pod_gone", registry_.declaration(pod).name, "stream " + reason);
  changed(pod);
  gone_timers_.erase(pod);
}

void ControlPlane::Impl::changed(std::size_t pod) {
  if (changed_services_.empty() && changed_mesh_ == nullptr) first_change_ = runtime_.clock.now();
  changed_services_.insert(registry_.services_of(pod).begin(), registry_.services_of(pod).end());
  if (unreported_.empty()) push_soon();  // otherwise when all have reported
}

void ControlPlane::Impl::push_soon() {
  const Duration longest_left = std::max<Duration>(0, first_change_ + kLongestDebounce - runtime_.clock.now());
  debounce_ = runtime_.clock.after(std::min(config_.debounce, longest_left), [this] { push(); });
}

void ControlPlane::Impl::push() {
  auto services = std::exchange(changed_services_, {});
  if (changed_mesh_ != nullptr) {
    store_.advance(std::exchange(changed_mesh_, nullptr));
  } else {
    store_.advance(services);
  }
  const std::size_t changes = note_changes();
  for (const auto& [id, stream] : streams_) {
    if (send_owed(*stream)) metrics_.converged(runtime_.clock.now() - first_change_);
    if (stream->transport->drained()) stream->told_config = store_.config_version();  // nothing in it was for this one
  }
  record("push", store_.config_version() == store_.version() ? "configuration" : "endpoints",
         "version " + std::to_string(store_.version()) + ", " + std::to_string(changes) + " resources, " +
             std::to_string(streams_.size()) + " proxies");
}

// Tells every session what is another for it in the present version; how many resources that are in all.
std::size_t ControlPlane::Impl::note_changes() {
  using Names = std::vector<std::pair<XdsKind, std::string>>;
  std::map<std::pair<const XdsSnapshot*, const XdsSnapshot*>, Names> known;  // proxies of a class share them
  std::set<std::pair<XdsKind, std::string>> all;
  std::vector<std::shared_ptr<const XdsSnapshot>> past;  // held, so that no two have one address
  for (const auto& [id, stream] : streams_) {
    if (stream->seen == nullptr) continue;
    if (store_.config_version() == store_.version()) stream->proxies = class_of(*stream);
    std::shared_ptr<const XdsSnapshot> present = store_.of(stream->proxies);
    const auto [names, is_new] = known.try_emplace({stream->seen.get(), present.get()});
    if (is_new) {
      names->second = differences(*stream->seen, *present);
      all.insert(names->second.begin(), names->second.end());
    }
    for (const auto& [kind, name] : names->second) stream->session.changed(kind, name);
    past.push_back(std::exchange(stream->seen, std::move(present)));
  }
  return all.size();
}

void ControlPlane::Impl::configure(const ConfigChange& change) {
  Resources documents = documents_;
  std::shared_ptr<const MeshConfig> mesh;
  std::vector<std::string> names;
  try {
    const Resources changed = read_documents(change.documents);
    names = document_names(changed);
    change.remove ? delete_documents(changed, documents) : apply_documents(changed, documents);
    mesh = std::make_shared<const MeshConfig>(config_, documents);
  } catch (const Problems& problems) {
    record("config_refused", change.documents.empty() ? "" : change.documents.front().file, problems.what());
    return;
  }
  documents_ = std::move(documents);
  if (changed_services_.empty() && changed_mesh_ == nullptr) first_change_ = runtime_.clock.now();
  changed_mesh_ = std::move(mesh);
  // What is pushed next has the next version, whatever else joins it.
  for (const std::string& name : names)
    record("config_change", name, "version " + std::to_string(store_.version() + 1));
  push_soon();
}

void ControlPlane::Impl::record(const char* kind, const std::string& subject, std::string detail) {
  recorder_.event({runtime_.clock.now(), kind, subject, std::move(detail)});
}

ControlPlane::ControlPlane(ControlPlaneConfig config, const RoleSurroundings& surroundings)
    : impl_(std::make_unique<Impl>(std::move(config), surroundings)) {}

ControlPlane::~ControlPlane() = default;

void ControlPlane::start(Callback on_ready) {
  impl_->start(std::move(on_ready));
}

void ControlPlane::begin(Callback) {
  impl_->begin();
}

void ControlPlane::report() {
  impl_->report();
}

void ControlPlane::configure(const ConfigChange& change) {
  impl_->configure(change);
}

}  // namespace meshtwin
