// The client's side of HBONE: connections by peer and expected identity, shared by as many tunnels as their server
// allows. Whoever asks while a connection is being made waits for it, up to what it will carry.

#include <algorithm>
#include <map>
#include <utility>

#include "mesh/wire/hbone.h"
#include "mesh/wire/lifetime.h"
#include "mesh/wire/owned_set.h"
#include "mesh/wire/tunnel_stream.h"

namespace meshtwin {
namespace {

constexpr int kTries = 2;  // a tunnel that a connection refused unseen is asked for once more

class Pool;
class Opening;
struct Connection;

// One tunnel, from the question to its end.
struct ClientTunnel final : ResponseReceiver {
  ClientTunnel(TunnelRequest the_request, TunnelHandler the_handler)
      : request(std::move(the_request)), then(std::move(the_handler)) {}
  ~ClientTunnel();

  void on_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool ended) override;
  void on_data(Buffer& data, bool ended) override {
    if (end != nullptr) end->on_data(data, ended);
  }
  void on_reset(ResetReason reason) override;
  void on_room() override {
    if (end != nullptr) end->on_room();
  }

  TunnelRequest request;
  TunnelHandler then;
  Connection* connection = nullptr;    // null: being told that there is none
  ClientExchange* exchange = nullptr;  // null: waits for the connection
  std::shared_ptr<TunnelEnd> end;      // once it is open
  Opening* opening = nullptr;
  int tries = 0;
  std::size_t slot = 0;
};

struct Connection final : ClientHandler {
  Connection(Pool& the_pool, std::string the_key) : pool(the_pool), key(std::move(the_key)) {}
  ~Connection();

  void on_available(ClientConnection&) override {}  // whoever found no room has another connection
  void on_closed(ClientConnection&) override;
  bool takes_one_more() const { return http != nullptr ? http->room() > 0 : tunnels.size() < kStreamsPerConnection; }

  Pool& pool;
  const std::string key;
  Handle making;  // the dial, then the handshake
  std::unique_ptr<ClientConnection> http;
  std::string peer_identity;
  HandshakeTime handshake;
  OwnedSet<ClientTunnel> tunnels;
  Timer idle;
  std::size_t slot = 0;
};

// What whoever asked holds until the answer.
class Opening final : public Activity {
 public:
  explicit Opening(ClientTunnel& tunnel) : tunnel_(&tunnel) { tunnel.opening = this; }
  ~Opening() override;
  void forget() { tunnel_ = nullptr; }

 private:
  ClientTunnel* tunnel_;
};

class Pool final : public HbonePool {
 public:
  Pool(Runtime& runtime, Network& network, const HttpCodec& http2, TlsContext& tls)
      : runtime_(runtime), network_(network), http2_(http2), tls_(tls) {}
  ~Pool() override { connections_.clear(); }

  Handle open(TunnelRequest request, TunnelHandler then) override;
  std::size_t connections() const override { return connections_.size(); }

  void on_head(ClientTunnel& tunnel, std::unique_ptr<ResponseHead> head, Buffer& data, bool end);
  void on_unanswered(ClientTunnel& tunnel, ResetReason reason);
  void remove(ClientTunnel& tunnel) { release(tunnel); }
  void give_up(ClientTunnel& tunnel);
  void remove(Connection& connection);

 private:
  void place(std::unique_ptr<ClientTunnel> tunnel);
  Connection& make_connection(std::string key, const TunnelRequest& request);
  void on_dialled(Connection& connection, std::unique_ptr<ByteStream> stream, DialError error,
                  const TunnelRequest& request);
  void on_secured(Connection& connection, SecuredStream secured);
  void ask(ClientTunnel& tunnel);
  void answer(ClientTunnel& tunnel, OpenedTunnel opened);
  void fail(Connection& connection, const OpenedTunnel& failed);
  std::unique_ptr<ClientTunnel> release(ClientTunnel& tunnel);
  void watch_idle(Connection& connection);

  Runtime& runtime_;
  Network& network_;
  const HttpCodec& http2_;
  TlsContext& tls_;
  Lifetime lifetime_;
  OwnedSet<Connection> connections_;
  std::multimap<std::string, Connection*> by_key_;
};

std::string key_of(const TunnelRequest& request) {
  std::string key = to_string(request.proxy);
  for (const std::string& identity : request.expected) key += "|" + identity;
  return key;
}

OpenedTunnel failure(TunnelError error, std::string detail) {
  OpenedTunnel failed;
  failed.error = error;
  failed.detail = std::move(detail);
  return failed;
}

Handle Pool::open(TunnelRequest request, TunnelHandler then) {
  auto tunnel = std::make_unique<ClientTunnel>(std::move(request), std::move(then));
  auto opening = std::make_unique<Opening>(*tunnel);
  place(std::move(tunnel));
  return opening;
}

void Pool::place(std::unique_ptr<ClientTunnel> placed) {
  std::string key = key_of(placed->request);
  Connection* connection = nullptr;  // null: being told that there is none
  for (auto [at, last] = by_key_.equal_range(key); at != last && connection == nullptr; ++at) {
    if (at->second->takes_one_more()) connection = at->second;
  }
  if (connection == nullptr) connection = &make_connection(std::move(key), placed->request);
  connection->idle.cancel();
  ClientTunnel& tunnel = connection->tunnels.add(std::move(placed));
  tunnel.connection = connection;
  ++tunnel.tries;
  if (connection->http != nullptr) ask(tunnel);
}

Connection& Pool::make_connection(std::string key, const TunnelRequest& request) {
  Connection& connection = connections_.add(std::make_unique<Connection>(*this, std::move(key)));
  by_key_.emplace(connection.key, &connection);
  connection.making = network_.dial(request.proxy, request.dial,
                                    [this, &connection, request](std::unique_ptr<ByteStream> stream, DialError error) {
                                      on_dialled(connection, std::move(stream), error, request);
                                    });
  return connection;
}

void Pool::on_dialled(Connection& connection, std::unique_ptr<ByteStream> stream, DialError error,
                      const TunnelRequest& request) {
  if (stream == nullptr) {
    OpenedTunnel failed = failure(TunnelError::dial_failed, "cannot connect to " + to_string(request.proxy));
    failed.dial_error = error;
    fail(connection, failed);
    return;
  }
  TlsClientOptions options;
  options.server_name = to_string(request.proxy);
  options.alpn = {"h2"};
  options.expected = request.expected;
  const Time begun = runtime_.clock.now();
  Handle handshake = tls_.connect(std::move(stream), options, [this, &connection, begun](SecuredStream secured) {
    connection.handshake.ended = runtime_.clock.now();
    connection.handshake.took = connection.handshake.ended - begun;
    on_secured(connection, std::move(secured));
  });
  connection.making = std::move(handshake);
}

void Pool::on_secured(Connection& connection, SecuredStream secured) {
  if (secured.stream == nullptr) {
    fail(connection, failure(TunnelError::tls_failed, std::move(secured.detail)));
    return;
  }
  connection.peer_identity = std::move(secured.peer_identity);
  connection.http = http2_.connect(runtime_, std::move(secured.stream), connection);
  for (std::size_t i = 0; i < connection.tunnels.size(); ++i) ask(connection.tunnels[i]);
  watch_idle(connection);
  const Handle made = std::move(connection.making);
}

// Everybody who waits for it is told; the connection is gone before.
void Pool::fail(Connection& connection, const OpenedTunnel& failed) {
  Watch watch(lifetime_);
  std::vector<std::unique_ptr<ClientTunnel>> waiting;
  while (!connection.tunnels.empty()) waiting.push_back(connection.tunnels.release(connection.tunnels.back()));
  std::ranges::reverse(waiting);
  for (const auto& tunnel : waiting) tunnel->connection = nullptr;
  const Handle made = std::move(connection.making);
  remove(connection);
  for (std::unique_ptr<ClientTunnel>& tunnel : waiting) {
    if (!tunnel->then) continue;  // given up in the callback of another
    OpenedTunnel copy = failure(failed.error, failed.detail);
    copy.dial_error = failed.dial_error;
    answer(*tunnel, std::move(copy));
    if (watch.gone()) return;
  }
}

void Pool::ask(ClientTunnel& tunnel) {
  tunnel.exchange = &tunnel.connection->http->open(tunnel);
  auto head = make_request("CONNECT", tunnel.request.authority, "");
  for (const auto& [name, value] : tunnel.request.headers) head->headers.add(name, value);
  head->content_length = kUnknownLength;
  Buffer nothing;
  tunnel.exchange->send_head(std::move(head), nothing, false);
}

// The last thing done with a tunnel that is not open.
void Pool::answer(ClientTunnel& tunnel, OpenedTunnel opened) {
  if (tunnel.opening != nullptr) std::exchange(tunnel.opening, nullptr)->forget();
  TunnelHandler then = std::move(tunnel.then);
  tunnel.then = {};
  then(std::move(opened));
}

void Pool::on_head(ClientTunnel& tunnel, std::unique_ptr<ResponseHead> head, Buffer& data, bool end) {
  if (head->status / 100 == 2) {
    tunnel.end = std::make_shared<TunnelEnd>(runtime_.clock, *tunnel.exchange, [this, &tunnel] { remove(tunnel); });
    tunnel.end->hold(data, end);
    OpenedTunnel opened;
    opened.stream = tunnel.end->make_stream();
    opened.peer_identity = tunnel.connection->peer_identity;
    opened.handshake = tunnel.connection->handshake;
    opened.status = head->status;
    answer(tunnel, std::move(opened));
    return;
  }
  if (!end) tunnel.exchange->reset();
  OpenedTunnel refused = failure(TunnelError::refused, "CONNECT answered " + std::to_string(head->status));
  refused.status = head->status;
  refused.peer_identity = tunnel.connection->peer_identity;
  const std::unique_ptr<ClientTunnel> released = release(tunnel);
  answer(*released, std::move(refused));
}

void Pool::on_unanswered(ClientTunnel& tunnel, ResetReason reason) {
  std::unique_ptr<ClientTunnel> released = release(tunnel);
  released->exchange = nullptr;
  const bool unseen = reason == ResetReason::refused || reason == ResetReason::lost_unanswered;
  if (unseen && released->tries < kTries) {
    place(std::move(released));
    return;
  }
  answer(*released, failure(TunnelError::lost, "the connection ended before CONNECT was answered"));
}

std::unique_ptr<ClientTunnel> Pool::release(ClientTunnel& tunnel) {
  Connection& connection = *tunnel.connection;
  std::unique_ptr<ClientTunnel> released = connection.tunnels.release(tunnel);
  watch_idle(connection);
  return released;
}

void Pool::give_up(ClientTunnel& tunnel) {
  if (tunnel.exchange != nullptr) tunnel.exchange->reset();
  release(tunnel);
}

void Pool::watch_idle(Connection& connection) {
  if (!connection.tunnels.empty()) return;
  // One that is being made and that nobody waits for any more is still of use for a while.
  connection.idle = runtime_.clock.after(kIdleTunnelConnection, [this, &connection] { remove(connection); });
}

void Pool::remove(Connection& connection) {
  auto [at, last] = by_key_.equal_range(connection.key);
  while (at != last && at->second != &connection) ++at;
  by_key_.erase(at);
  connections_.remove(connection);
}

ClientTunnel::~ClientTunnel() {
  if (opening != nullptr) opening->forget();
}

void ClientTunnel::on_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool ended) {
  connection->pool.on_head(*this, std::move(head), data, ended);
}

void ClientTunnel::on_reset(ResetReason reason) {
  if (end != nullptr) {
    end->on_reset();
  } else {
    connection->pool.on_unanswered(*this, reason);
  }
}

void Connection::on_closed(ClientConnection&) {
  pool.remove(*this);
}

// Tunnels that are open are reset; who still waits hears nothing, as the pool is going.
Connection::~Connection() {
  http = nullptr;
  while (!tunnels.empty()) {
    const std::unique_ptr<ClientTunnel> tunnel = tunnels.release(tunnels.back());
    if (tunnel->end != nullptr) tunnel->end->lose();
  }
}

Opening::~Opening() {
  if (tunnel_ == nullptr) return;
  tunnel_->opening = nullptr;
  if (tunnel_->connection != nullptr) {
    tunnel_->connection->pool.give_up(*tunnel_);
  } else {
    tunnel_->then = {};
  }
}

}  // namespace

std::unique_ptr<HbonePool> make_hbone_pool(Runtime& runtime, Network& network, const HttpCodec& http2,
                                           TlsContext& tls) {
  return std::make_unique<Pool>(runtime, network, http2, tls);
}

}  // namespace meshtwin
