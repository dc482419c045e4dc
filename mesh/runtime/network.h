#pragma once

// The network as seen from inside one pod's namespace. A role may hold several (ztunnel does), and they come and go
// while it runs. Addresses are IPv4 and the same in both worlds.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/function.h"
#include "mesh/base/handle.h"
#include "mesh/base/socket_address.h"
#include "mesh/base/time.h"
#include "mesh/runtime/byte_stream.h"

namespace meshtwin {

struct AcceptedStream {
  std::unique_ptr<ByteStream> stream;
  SocketAddress peer;
  SocketAddress original_destination;  // where the client dialled, before any capture redirected it
};

enum class DialError {
  none,
  refused,      // nobody listens there
  timed_out,    // DialOptions::timeout passed without an answer
  unreachable,  // no route
  reset,
};

struct DialOptions {
  Duration timeout = 0;         // 0: the kernel's (SYN retried after 1, 2, 4, … s; about 130 s in all)
  bool bypass_capture = false;  // a proxy's own traffic: not redirected to the proxy
};

using AcceptHandler = Function<void(AcceptedStream accepted)>;
// Either a stream and DialError::none, or null and the error.
using DialHandler = Function<void(std::unique_ptr<ByteStream> stream, DialError error)>;
// In the order the name service gives them; empty: no such name.
using ResolveHandler = Function<void(std::vector<std::uint32_t> ips)>;

// Name -> addresses.
using Hosts = std::map<std::string, std::vector<std::uint32_t>, std::less<>>;

class Network {
 public:
  virtual ~Network() = default;

  // Destroying the handle stops listening and leaves accepted streams alone. Null when the address is taken.
  virtual Handle listen(SocketAddress at, AcceptHandler on_accept) = 0;
  // Destroying the handle before the answer gives up.
  virtual Handle dial(SocketAddress to, const DialOptions& options, DialHandler then) = 0;
  virtual Handle resolve(std::string_view name, ResolveHandler then) = 0;
};

}  // namespace meshtwin
