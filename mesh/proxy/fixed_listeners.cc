#include "mesh/proxy/fixed_listeners.h"

#include <memory>
#include <utility>

namespace meshtwin {

class FixedListeners::Several final : public Activity {
 public:
  std::vector<Handle> listeners;
};

FixedListeners::FixedListeners(Network& under, std::vector<FixedListener> listeners)
    : under_(under), listeners_(std::move(listeners)) {}

Handle FixedListeners::listen(SocketAddress at, AcceptHandler on_accept) {
  const auto accept = std::make_shared<AcceptHandler>(std::move(on_accept));
  auto several = std::make_unique<Several>();
  for (const FixedListener& listener : listeners_) {
    if (listener.stands_for != at.port) continue;
    const SocketAddress destination = listener.destination.port != 0 ? listener.destination : listener.at;
    Handle handle = under_.listen(listener.at, [accept, destination](AcceptedStream accepted) {
      accepted.original_destination = destination;
      (*accept)(std::move(accepted));
    });
    if (handle == nullptr) {
      taken_ = listener.at;
      return nullptr;
    }
    several->listeners.push_back(std::move(handle));
  }
  return several;
}

Handle FixedListeners::dial(SocketAddress to, const DialOptions& options, DialHandler then) {
  return under_.dial(to, options, std::move(then));
}

Handle FixedListeners::resolve(std::string_view name, ResolveHandler then) {
  return under_.resolve(name, std::move(then));
}

}  // namespace meshtwin
