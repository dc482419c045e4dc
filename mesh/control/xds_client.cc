#include "mesh/control/xds_client.h"

#include <algorithm>
#include <map>
#include <utility>

#include "mesh/control/delta_client.h"
#include "mesh/control/keepalive.h"
#include "mesh/control/xds_transport.h"
#include "mesh/runtime/chance.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"
#include "mesh/runtime/network.h"
#include "mesh/runtime/runtime.h"

namespace meshtwin {
namespace {

// Envoy's back-off towards its control plane: at random below a bound that doubles up to a limit.
constexpr Duration kFirstBackOff = 500 * kMillisecond;
constexpr Duration kConnectTimeout = 5 * kSecond;

}  // namespace

class XdsClient::Impl {
 public:
  Impl(Runtime& runtime, Network& network, XdsClientOptions options, ConfigSink& sink)
      : runtime_(runtime),
        network_(network),
        options_(std::move(options)),
        random_(runtime.chance.stream("xds " + options_.node_id)),
        sink_(sink),
        client_(
            sink,
            [this](std::size_t bytes) {
              runtime_.cpu.charge(Operation::control_apply, static_cast<std::int64_t>(bytes));
            },
            options_.subscription) {}

  void start(std::function<void()> on_synced) {
    on_synced_ = std::move(on_synced);
    connect();
  }

  void ask_about(std::uint32_t ip) {
    std::optional<DeltaRequest> request = client_.want(XdsKind::workload, peer_name(ip));
    // Without a stream it is asked with the others when there is one.
    if (request.has_value() && transport_ != nullptr) transport_->send(std::move(*request));
  }

  // `node_id`: of another pod than the stream's own; empty: its own.
  void report_health(const std::string& node_id, bool ready, const std::string& reason) {
    DeltaRequest report;
    report.node_id = node_id;
    report.type_url = kHealthTypeUrl;
    if (!ready) report.error = reason;
    health_[node_id] = report;
    if (transport_ != nullptr) transport_->send(std::move(report));
  }

 private:
  void connect() {
    DialOptions dial;
    dial.timeout = kConnectTimeout;
    dial.bypass_capture = true;
    dialling_ = network_.dial(options_.control_plane, dial, [this](std::unique_ptr<ByteStream> stream, DialError) {
      if (stream == nullptr) {
        retry();
      } else {
        open(std::move(stream));
      }
    });
  }

  void open(std::unique_ptr<ByteStream> stream) {
    XdsTransport::Handlers handlers;
    handlers.on_message = [this](XdsMessage message) { take(message); };
    handlers.on_broken = [this](const std::string&) { retry(); };
    transport_ = std::make_unique<XdsTransport>(std::move(stream), XdsTransport::Receives::responses,
                                                options_.modelled_wire, std::move(handlers));
    keepalive_ = std::make_unique<KeepaliveTimers>(
        runtime_.clock, options_.keepalive,
        [this] {
          if (transport_->drained()) transport_->send(Keepalive{});
        },
        [this] { retry(); });
    for (DeltaRequest& request : client_.open(options_.node_id)) transport_->send(std::move(request));
    for (const auto& [node_id, report] : health_) transport_->send(report);
  }

  void take(const XdsMessage& message) {
    failures_ = 0;
    keepalive_->heard();
    const auto* response = std::get_if<DeltaResponse>(&message);
    if (response == nullptr) return;
    for (DeltaRequest& request : client_.take(*response)) transport_->send(std::move(request));
    if (const std::uint64_t version = config_version_of(response->system_version)) incoming_config_ = version;
    if (incoming_config_ != 0 && client_.synced()) sink_.on_config_applied(std::exchange(incoming_config_, 0));
    if (on_synced_ && client_.synced()) std::exchange(on_synced_, nullptr)();  // may destroy this
  }

  void retry() {
    transport_ = nullptr;
    const Duration bound = std::min(kLongestXdsBackOff, kFirstBackOff << std::min(failures_++, 6));
    const auto delay = static_cast<Duration>(random_.below(static_cast<std::uint64_t>(bound)));
    retry_ = runtime_.clock.after(delay, [this] { connect(); });
    keepalive_ = nullptr;
  }

  Runtime& runtime_;
  Network& network_;
  const XdsClientOptions options_;
  RandomStream random_;
  ConfigSink& sink_;
  DeltaClient client_;
  std::function<void()> on_synced_;
  std::map<std::string, DeltaRequest> health_;  // the last, by node ID
  std::uint64_t incoming_config_ = 0;           // of a push that has come in part; 0: none
  int failures_ = 0;
  Timer retry_;
  Handle dialling_;
  std::unique_ptr<XdsTransport> transport_;
  std::unique_ptr<KeepaliveTimers> keepalive_;
};

XdsClient::XdsClient(Runtime& runtime, Network& network, XdsClientOptions options, ConfigSink& sink)
    : impl_(std::make_unique<Impl>(runtime, network, std::move(options), sink)) {}

XdsClient::~XdsClient() = default;

void XdsClient::start(std::function<void()> on_synced) {
  impl_->start(std::move(on_synced));
}

void XdsClient::ask_about(std::uint32_t ip) {
  impl_->ask_about(ip);
}

void XdsClient::report_health(bool ready, const std::string& reason) {
  impl_->report_health("", ready, reason);
}

void XdsClient::report_health(const std::string& pod_node_id, bool ready, const std::string& reason) {
  impl_->report_health(pod_node_id, ready, reason);
}

}  // namespace meshtwin
