#pragma once

// What the parts of a proxy share of the world it runs in.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "mesh/base/random.h"
#include "mesh/runtime/role.h"
#include "mesh/runtime/runtime.h"
#include "mesh/telemetry/access_log.h"
#include "mesh/telemetry/record.h"
#include "mesh/wire/http_codec.h"
#include "mesh/wire/trace_context.h"

namespace meshtwin {

class HbonePool;
class MeshMetrics;
class Network;
class TlsContext;

inline constexpr std::uint32_t kNoPod = 0xffffffff;

struct ProxyContext {
  Runtime& runtime;
  Network& network;
  Recorder& recorder;
  const HttpCodecs& codecs;
  std::uint32_t pod = 0;
  const std::map<std::uint32_t, std::uint32_t>& pod_of_ip;
  std::string node_id;
  RandomStream retry_random;
  RandomStream request_id_random;
  RandomStream trace_random;
  RandomStream route_random;     // the same in every proxy: a request's draws are keyed by the request
  RandomStream untraced_random;  // of requests that nothing could key
  TlsContext* tls = nullptr;     // its identity; null: it has none, and takes part in no mutual TLS
  HbonePool* tunnels = nullptr;  // likewise
  HttpLimits http_limits = {};
  bool access_log = false;
  std::optional<TracingConfig> tracing = {};  // none: traces pass it unseen
  SpanKind span_kind = SpanKind::outbound;    // of requests that do not go to an application of its own
  Duration extra_delay = 0;                   // each HTTP request is held back for so long
  AccessLogFormat access_log_format = AccessLogFormat::text;
  // Null: none are kept. Of what it sends on; and, of a sidecar, of what comes in.
  MeshMetrics* metrics = nullptr;
  MeshMetrics* inbound_metrics = nullptr;
};

const HttpCodecs& codecs_of(Wire wire);
// `place`: of the pod in the Plan's pods.
ProxyContext make_proxy_context(const RoleSurroundings& surroundings, const std::string& node_id, std::uint32_t place,
                                TlsContext* tls = nullptr, HbonePool* tunnels = nullptr);

}  // namespace meshtwin
