#pragma once

// A line of a proxy's access log: Envoy's default text format as Istio sets it (pilot/pkg/model/telemetry_logging.go),
// with %GRPC_STATUS% behind it, or its default JSON format. What is not known, or has no meaning here, is "-".

#include <cstdint>
#include <string>
#include <string_view>

#include "mesh/base/socket_address.h"
#include "mesh/base/time.h"

namespace meshtwin {

struct AccessEntry {
  Time started = 0;  // Unix time
  Duration lasted = 0;
  Duration upstream_service = -1;  // from the last try's beginning to its answer's head; below 0: there was none
  std::string method;
  std::string path;
  std::string_view protocol;
  std::uint16_t status = 0;  // 0: the client went before it got any
  std::string flags;         // response flags
  std::string_view details;  // of the response code
  std::string transport_failure;
  std::uint64_t bytes_received = 0;  // of bodies
  std::uint64_t bytes_sent = 0;
  std::string forwarded_for;
  std::string user_agent;
  std::string request_id;
  std::string authority;
  SocketAddress upstream_host;  // port 0: none
  std::string cluster;
  SocketAddress downstream_local;
  SocketAddress downstream_remote;
  std::string route;
  std::string grpc_status;  // "OK", "NotFound", …; empty: not gRPC
};

enum class AccessLogFormat : unsigned char { text, json };

// `json`: an object with the keys that Istio gives it by default (null: not known), and grpc_status where it is gRPC.
std::string format_access_line(const AccessEntry& entry, AccessLogFormat format = AccessLogFormat::text);

// The name of a grpc-status. An answer without one gets what its HTTP status stands for.
std::string grpc_status_name(std::string_view number, std::uint16_t http_status);

}  // namespace meshtwin
