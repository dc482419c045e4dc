#pragma once

// A TCP connection as the two kernels hold it, whatever carries its bytes. Written bytes ride in `outgoing` of their
// sender until they are delivered, in order, into `received` of the other end: what moves over the network is only
// their number.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mesh/runtime/byte_stream.h"
#include "mesh/runtime/network.h"
#include "sim/pages.h"
#include "sim/processor.h"

namespace meshtwin {

// Linux lets both grow to some megabytes when a transfer needs it; a path never has to wait for more than this here.
inline constexpr std::size_t kSendBuffer = 1 << 20;
inline constexpr std::size_t kReceiveWindow = 1 << 20;

struct End {
  Task* task = nullptr;  // of the process that holds it
  std::uint32_t pod = 0;
  bool open = false;        // its process has it, or is going to be given it
  bool fin_wanted = false;  // no more will be written
  bool end_received = false;
  bool end_told = false;
  bool gone = false;  // reset, by whichever side
  bool reset_told = false;
  bool posted = false;  // in its task's mailbox
  bool in_callback = false;
  bool reader_replaced = false;  // on_read was called inside the reader
  bool blocked = false;          // a write left something
  bool writable_due = false;
  bool left_shortcut = false;  // its writes go by TCP, for good
  bool unread_by_tcp = false;  // some of `received` came by it
  std::size_t unanswered = 0;  // bytes written to the shortcut since the other end's last write
  Buffer outgoing;             // written, not yet delivered to the other end
  Buffer received;             // delivered, not yet read
  ReadHandler reader;
  ReadHandler next_reader;
  Callback writable;
};

struct Connection {
  End ends[2];  // 0: the one that dialled
  std::uint32_t index = 0;
  std::uint32_t generation = 0;
  bool in_use = false;
  bool established = false;    // as the dialling side sees it
  std::uint64_t number = 0;    // counts the run's connections; random draws go by it
  std::uint64_t dial = 0;      // of the socket layer
  std::uint64_t listener = 0;  // likewise; 0: accepted already
  SocketAddress target;        // where it is accepted
  SocketAddress original;      // where it was dialled
  SocketAddress peer;          // of the dialling side

  std::uint64_t token(int side = 0) const { return (std::uint64_t{generation} << 32) | (index << 1) | side; }
};

// What is delivered to an end soon: its state, buffers and reader.
inline void prefetch(const End& end) {
  for (std::size_t at = 0; at < offsetof(End, next_reader); at += 64) {
    __builtin_prefetch(reinterpret_cast<const std::byte*>(&end) + at);
  }
}

inline int side_of(std::uint64_t token) {
  return static_cast<int>(token & 1);
}

// Connections by token; a token of one that is no more finds nothing.
class ConnectionTable {
 public:
  Connection& create() {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(connections_.size()));
      connections_.add().index = free_.back();
    }
    Connection& connection = connections_[free_.back()];
    free_.pop_back();
    const std::uint32_t index = connection.index;
    const std::uint32_t generation = connection.generation + 1;
    connection = Connection();
    connection.index = index;
    connection.generation = generation;
    connection.in_use = true;
    connection.number = ++created_;
    return connection;
  }
  Connection* find(std::uint64_t token) {
    Connection& connection = connections_[(token & 0xffffffff) >> 1];
    return connection.in_use && connection.generation == token >> 32 ? &connection : nullptr;
  }
  void release(Connection& connection) {
    connection.in_use = false;
    for (End& end : connection.ends) end = End();
    free_.push_back(connection.index);
  }

 private:
  Pages<Connection> connections_;
  std::vector<std::uint32_t> free_;
  std::uint64_t created_ = 0;
};

}  // namespace meshtwin
