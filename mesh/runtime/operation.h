#pragma once

// What a role's processor time goes to. The engine charges its own work (parsing, routing, …); a world charges what its
// sockets and scheduler do. The simulator spends what the cost profile says for each; the emulator has paid already.

#include <array>
#include <cstddef>
#include <string_view>

namespace meshtwin {

enum class Operation : unsigned char {
  // Charged by the engine.
  http_parse,       // one message head; amount: its bytes
  http_serialize,   // one message head; amount: its bytes
  http_body,        // amount: body bytes passed on by a proxy or taken in by a server
  route,            // a routing decision; amount: 1
  balance,          // an endpoint chosen; amount: 1
  request_work,     // what its server (amount: 0) or load generator (amount: 1) does for a request besides
  control_apply,    // a configuration resource taken over by a proxy; amount: its bytes
  http2_head,       // one message head through HPACK, either way, with its frames; amount: its bytes before compression
  http2_data,       // body bytes framed or unframed; amount: bytes
  relay,            // bytes an L4 proxy passes on; amount: bytes
  tls_full_client,  // a full TLS handshake at the client: key exchange, signature, verification; amount: 1
  tls_full_server,  // likewise at the server
  tls_resumed,      // a resumed handshake, either side; amount: 1
  tls_seal,         // records encrypted; amount: bytes of plaintext
  tls_open,         // records decrypted; amount: bytes of plaintext
  // Charged by the world.
  socket_read,   // amount: bytes
  socket_write,  // amount: bytes; includes the kernel's way to another socket of the same pod
  leave_pod,     // what a write to another pod costs besides (veth and bridge); amount: bytes
  accept,        // amount: 1
  dial,          // amount: 1
  close,         // amount: 1
  timer,         // a timer that fired; amount: 1
  wake_up,       // a sleeping role made to run; amount: 1
  link_segment,  // the user-space link moving one packet; amount: its bytes
  redirect,      // a write that eBPF hands to the other socket of this host; amount: bytes; instead of socket_write and
                 // leave_pod
};

inline constexpr std::size_t kOperationCount = static_cast<std::size_t>(Operation::redirect) + 1;

inline constexpr std::array<std::string_view, kOperationCount> kOperationNames = {
    "http_parse",      "http_serialize",  "http_body",   "route",        "balance",
    "request_work",    "control_apply",   "http2_head",  "http2_data",   "relay",
    "tls_full_client", "tls_full_server", "tls_resumed", "tls_seal",     "tls_open",
    "socket_read",     "socket_write",    "leave_pod",   "accept",       "dial",
    "close",           "timer",           "wake_up",     "link_segment", "redirect"};

constexpr std::string_view name_of(Operation operation) {
  return kOperationNames[static_cast<std::size_t>(operation)];
}

}  // namespace meshtwin
