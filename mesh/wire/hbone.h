#pragma once

// HBONE: byte streams through HTTP/2 CONNECT over mutual TLS (port 15008). A tunnel is a ByteStream whose half-close,
// reset and back-pressure are those of its HTTP/2 stream. Client side, connections are pooled by (own identity, peer
// address, expected identity), kStreamsPerConnection streams each, idle ones released after five minutes. Source:
// ztunnel.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mesh/base/handle.h"
#include "mesh/base/socket_address.h"
#include "mesh/runtime/network.h"
#include "mesh/wire/connector.h"
#include "mesh/wire/http_codec.h"
#include "mesh/wire/tls.h"

namespace meshtwin {

inline constexpr std::uint16_t kHbonePort = 15008;
inline constexpr std::uint32_t kStreamsPerConnection = 100;
inline constexpr Duration kIdleTunnelConnection = 300 * kSecond;

struct TunnelRequest {
  SocketAddress proxy;                // where to dial: the peer's 15008
  std::vector<std::string> expected;  // the identities it may have
  std::string authority;              // what to CONNECT to: the original destination, "10.96.0.3:8080"
  std::vector<std::pair<std::string, std::string>> headers;  // baggage, forwarded, traceparent
  DialOptions dial;
};

enum class TunnelError { none, dial_failed, tls_failed, refused /* not 2xx: `status` */, lost };

struct OpenedTunnel {
  std::unique_ptr<ByteStream> stream;  // null with an error
  TunnelError error = TunnelError::none;
  DialError dial_error = DialError::none;
  std::uint16_t status = 0;
  std::string detail;
  std::string peer_identity;
  HandshakeTime handshake;  // of the connection that carries it
};

using TunnelHandler = Function<void(OpenedTunnel tunnel)>;

// One identity's tunnels, as dialled from one network.
class HbonePool {
 public:
  virtual ~HbonePool() = default;
  // Destroying the handle gives up, until the answer has come.
  virtual Handle open(TunnelRequest request, TunnelHandler then) = 0;
  virtual std::size_t connections() const = 0;
};

std::unique_ptr<HbonePool> make_hbone_pool(Runtime& runtime, Network& network, const HttpCodec& http2, TlsContext& tls);

// The server's side: one accepted, secured connection.
class TunnelOffer {
 public:
  virtual ~TunnelOffer() = default;
  virtual const RequestHead& request() const = 0;  // CONNECT: authority and headers
  virtual const std::string& peer_identity() const = 0;
  // Exactly one of the two, once; may be later.
  virtual std::unique_ptr<ByteStream> accept() = 0;
  virtual void refuse(std::uint16_t status) = 0;  // 401: policy; 503: nobody there; 400
};

class HboneHandler {
 public:
  virtual void on_tunnel(std::unique_ptr<TunnelOffer> offer) = 0;
  virtual void on_closed() = 0;  // the connection; the server may be destroyed

 protected:
  ~HboneHandler() = default;
};

class HboneConnection {
 public:
  virtual ~HboneConnection() = default;
};

// Anything but CONNECT is answered 404 (405 with a method that is not CONNECT).
std::unique_ptr<HboneConnection> serve_hbone(Runtime& runtime, std::unique_ptr<ByteStream> secured,
                                             std::string peer_identity, const HttpCodec& http2, HboneHandler& handler);

}  // namespace meshtwin
