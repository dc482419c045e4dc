#include "mesh/wire/connector.h"

#include <utility>

namespace meshtwin {

ConnectError connect_error(DialError error) {
  switch (error) {
    case DialError::none:
      return ConnectError::none;
    case DialError::refused:
      return ConnectError::refused;
    case DialError::timed_out:
      return ConnectError::timed_out;
    case DialError::unreachable:
      return ConnectError::unreachable;
    case DialError::reset:
      break;
  }
  return ConnectError::reset;
}

Handle PlainConnector::connect(SocketAddress to, ConnectHandler then) {
  return network_.dial(to, options_,
                       [then = std::move(then)](std::unique_ptr<ByteStream> stream, DialError error) mutable {
                         then({std::move(stream), connect_error(error), {}});
                       });
}

}  // namespace meshtwin
