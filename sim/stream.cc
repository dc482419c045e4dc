// Byte streams: what roles do to them (SimStream), and what comes up from the transport (the second half of
// SocketLayer).

#include "sim/stream.h"

#include <cassert>

#include "sim/socket_layer.h"

namespace meshtwin {

SimStream::~SimStream() {
  layer_.close(connection_, side_);
}

void SimStream::write(Buffer& data) {
  End& end = this->end();
  assert(!end.fin_wanted && "nothing is written after shutdown_write");
  if (data.empty()) return;
  if (end.gone) return data.clear();
  if (layer_.shortcut_.takes(connection_, side_, data.size())) return layer_.hand_over(connection_, side_, data);
  const std::size_t room = layer_.transport_->room(connection_, side_, end.task->now());
  const std::size_t bytes = std::min(room, data.size());
  end.blocked = bytes < data.size();
  if (end.blocked) end.writable_due = false;
  if (bytes == 0) return layer_.transport_->written(connection_, side_, 0, end.task->now());  // for the room to come
  end.task->charge(Operation::socket_write, static_cast<std::int64_t>(bytes));
  if (connection_.ends[0].pod != connection_.ends[1].pod) {
    end.task->charge(Operation::leave_pod, static_cast<std::int64_t>(bytes));
  }
  if (end.outgoing.empty() && !end.blocked) {
    end.outgoing = std::move(data);
  } else {
    end.outgoing.append(data.take(bytes));
  }
  layer_.transport_->written(connection_, side_, bytes, end.task->now());
}

// Puts it where the other end reads, in the writer's own time.
void SocketLayer::hand_over(Connection& connection, int side, Buffer& data) {
  End& end = connection.ends[side];
  const std::size_t bytes = data.size();
  end.task->charge(Operation::redirect, static_cast<std::int64_t>(bytes));
  end.outgoing.append(std::move(data));
  queue_.schedule(end.task->now(), [this, token = connection.token(side), bytes] {
    if (Connection* found = connections_.find(token)) deliver_bytes(*found, 1 - side_of(token), bytes);
  });
}

void SimStream::on_read(ReadHandler handler) {
  End& end = this->end();
  if (end.in_callback) {  // the handler replaced may be the one that is running
    end.next_reader = std::move(handler);
    end.reader_replaced = true;
    return;
  }
  end.reader = std::move(handler);
  layer_.post_later(connection_, side_);
}

void SimStream::on_writable(Callback then) {
  End& end = this->end();
  end.writable = std::move(then);
  if (!end.blocked) end.writable_due = true;
  layer_.post_later(connection_, side_);
}

void SimStream::shutdown_write() {
  End& end = this->end();
  if (end.fin_wanted || end.gone) return;
  end.fin_wanted = true;
  layer_.transport_->written(connection_, side_, 0, end.task->now());
}

void SimStream::abort() {
  layer_.kill(connection_, side_);
  end().received.clear();
  end().reset_told = true;
}

// Whether the end's owner has something to be told, and would hear it.
static bool has_news(const End& end) {
  if (end.writable_due && end.writable) return true;
  if (!end.reader) return false;
  return !end.received.empty() || (end.end_received && !end.end_told) || (end.gone && !end.reset_told);
}

void SocketLayer::post(Connection& connection, int side) {
  End& end = connection.ends[side];
  if (!end.open || end.posted || end.in_callback || !has_news(end)) return;
  end.posted = true;
  end.task->post({[](void* layer, std::uint64_t token) { static_cast<SocketLayer*>(layer)->handle(token); }, this,
                  connection.token(side)});
}

// For the owner's own calls, from which no callback may come.
void SocketLayer::post_later(Connection& connection, int side) {
  if (connection.ends[side].task->running()) return post(connection, side);
  queue_.schedule(queue_.now(), [this, token = connection.token(side)] {
    if (Connection* found = connections_.find(token)) post(*found, side_of(token));
  });
}

void SocketLayer::handle(std::uint64_t token) {
  Connection* connection = connections_.find(token);
  if (connection == nullptr) return;
  const int side = side_of(token);
  End& end = connection->ends[side];
  end.posted = false;
  if (!end.open) return;
  if (end.writable_due && end.writable) {
    Callback then = std::move(end.writable);
    end.writable_due = false;
    end.in_callback = true;
    then();
    end.in_callback = false;
    if (end.reader_replaced) end.reader = std::move(end.next_reader);
    end.reader_replaced = false;
    if (!end.open) return release_if_over(*connection);
  }
  if (end.reader && !end.received.empty()) {
    Buffer data = std::move(end.received);
    end.unread_by_tcp = false;
    end.task->charge(Operation::socket_read, static_cast<std::int64_t>(data.size()));
    transport_->read(*connection, side, data.size(), end.task->now());
    if (!deliver(*connection, side, ReadEvent::data, data)) return;
  }
  Buffer none;
  if (end.reader && end.received.empty() && end.end_received && !end.end_told) {
    end.end_told = true;
    if (!deliver(*connection, side, ReadEvent::end, none)) return;
  }
  if (end.reader && end.received.empty() && end.gone && !end.reset_told) {
    end.reset_told = true;
    deliver(*connection, side, ReadEvent::reset, none);
    return;
  }
  post(*connection, side);
}

// Calls the reader. The end stays until it returns, whatever it does; false when its owner has closed it meanwhile.
bool SocketLayer::deliver(Connection& connection, int side, ReadEvent event, Buffer& data) {
  End& end = connection.ends[side];
  end.in_callback = true;
  end.reader(event, data);
  end.in_callback = false;
  if (!end.open) {
    release_if_over(connection);
    return false;
  }
  if (end.reader_replaced) {
    end.reader_replaced = false;
    end.reader = std::move(end.next_reader);
  }
  post(connection, side);
  return true;
}

void SocketLayer::arrived(Connection& connection, int side, std::size_t bytes) {
  connection.ends[side].unread_by_tcp = true;
  deliver_bytes(connection, side, bytes);
}

void SocketLayer::deliver_bytes(Connection& connection, int side, std::size_t bytes) {
  End& to = connection.ends[side];
  End& from = connection.ends[1 - side];
  if (!to.open || to.gone) {
    from.outgoing.drop(bytes);
    to.gone = true;
    return transport_->reset(connection, side, queue_.now());  // the kernel answers for a socket that is closed
  }
  if (to.received.empty() && bytes == from.outgoing.size()) {
    to.received = std::move(from.outgoing);
  } else {
    to.received.append(from.outgoing.take(bytes));
  }
  post(connection, side);
}

void SocketLayer::end_arrived(Connection& connection, int side) {
  connection.ends[side].end_received = true;
  post(connection, side);
}

void SocketLayer::reset_arrived(Connection& connection, int side) {
  End& end = connection.ends[side];
  if (end.gone) return;
  end.gone = true;
  if (end.blocked) return room_made(connection, side);  // for what is now thrown away
  post(connection, side);
}

void SocketLayer::room_made(Connection& connection, int side) {
  End& end = connection.ends[side];
  end.blocked = false;
  end.writable_due = true;
  post(connection, side);
}

void SocketLayer::close(Connection& connection, int side) {
  End& end = connection.ends[side];
  assert(end.open);
  const Time at = end.task->now();
  end.task->charge(Operation::close, 1);
  end.open = false;
  --namespaces_[end.pod].streams;
  if (!end.gone && !end.received.empty() && end.unread_by_tcp) {
    kill(connection, side);
  } else if (!end.gone && !end.fin_wanted) {
    end.fin_wanted = true;
    if (connection.ends[1 - side].open) transport_->written(connection, side, 0, at);
  }
  release_if_over(connection);
}

// A reset from `side`, which hears no more of the connection but the other end does.
void SocketLayer::kill(Connection& connection, int side) {
  End& end = connection.ends[side];
  if (end.gone) return;
  end.gone = true;
  if (connection.ends[1 - side].open) transport_->reset(connection, side, end.task->now());
}

void SocketLayer::release_if_over(Connection& connection) {
  if (!connection.in_use) return;
  for (const End& end : connection.ends) {
    if (end.open || end.in_callback) return;
  }
  release(connection);
}

void SocketLayer::release(Connection& connection) {
  for (End& end : connection.ends) {
    if (end.open) --namespaces_[end.pod].streams;
  }
  transport_->released(connection);
  connections_.release(connection);
}

}  // namespace meshtwin
