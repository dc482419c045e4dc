#pragma once

// Makes connections that are ready to carry a protocol: dialled over TCP, and, by other connectors, secured or
// tunnelled on the way. A pool of connections knows nothing else of how its server is reached.

#include <algorithm>
#include <memory>
#include <string>

#include "mesh/base/function.h"
#include "mesh/base/handle.h"
#include "mesh/base/socket_address.h"
#include "mesh/base/time.h"
#include "mesh/runtime/network.h"

namespace meshtwin {

enum class ConnectError {
  none,
  refused,
  timed_out,
  unreachable,
  reset,
  tls,     // the handshake failed, or the peer is not who it should be: nothing was sent to it
  tunnel,  // the proxy before it did not make the tunnel
};

// Of a connection that was secured: when its handshake ended, and how long it took.
struct HandshakeTime {
  Time ended = 0;
  Duration took = 0;  // 0: there was none

  Duration since(Time begin) const { return std::clamp<Duration>(ended - begin, 0, took); }  // what of it lay after
};

struct Connected {
  std::unique_ptr<ByteStream> stream;  // null with an error
  ConnectError error = ConnectError::none;
  std::string detail = {};  // of errors of TLS and tunnels, for logs
  HandshakeTime handshake = {};
};
using ConnectHandler = Function<void(Connected connected)>;

ConnectError connect_error(DialError error);

class Connector {
 public:
  virtual ~Connector() = default;
  // `then` is called once, never from inside; destroying the handle before gives up.
  virtual Handle connect(SocketAddress to, ConnectHandler then) = 0;
};

class PlainConnector final : public Connector {
 public:
  PlainConnector(Network& network, const DialOptions& options) : network_(network), options_(options) {}
  Handle connect(SocketAddress to, ConnectHandler then) override;

 private:
  Network& network_;
  const DialOptions options_;
};

}  // namespace meshtwin
