#pragma once

// A network without capture: in the place of each port that a proxy would have captured traffic sent to, it listens on
// addresses given beforehand, and hands over what comes there as if it had been captured on its way to a given
// destination. A proxy behind it runs where nothing is redirected to it. Dialling is the underlying network's.

#include <cstdint>
#include <optional>
#include <vector>

#include "mesh/base/socket_address.h"
#include "mesh/runtime/network.h"

namespace meshtwin {

struct FixedListener {
  SocketAddress at;              // where it listens
  std::uint16_t stands_for = 0;  // the port the proxy asks to listen on
  SocketAddress destination;     // what is said to have been dialled; port 0: `at`
};

class FixedListeners final : public Network {
 public:
  FixedListeners(Network& under, std::vector<FixedListener> listeners);

  // A port that nothing stands for is not listened on, and never anybody's.
  Handle listen(SocketAddress at, AcceptHandler on_accept) override;
  Handle dial(SocketAddress to, const DialOptions& options, DialHandler then) override;
  Handle resolve(std::string_view name, ResolveHandler then) override;

  std::optional<SocketAddress> taken() const { return taken_; }  // an address that could not be had

 private:
  class Several;

  Network& under_;
  const std::vector<FixedListener> listeners_;
  std::optional<SocketAddress> taken_;
};

}  // namespace meshtwin
