#pragma once

// Ends for codec tests: a server that does what each request's headers ask for, a client that sends a list of requests
// one after another, and a log of what either saw, with adjoining data added up so that it does not depend on how bytes
// came.

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mesh/wire/http_codec.h"
#include "tests/unit/support/memory_world.h"

namespace meshtwin::testing_world {

class Log {
 public:
  void line(const std::string& text) {
    flush();
    text_ += text + "\n";
  }
  void data(std::size_t bytes) { data_ += bytes; }
  std::string text() {
    flush();
    return text_;
  }

 private:
  void flush() {
    if (data_ > 0) text_ += "data " + std::to_string(data_) + "\n";
    data_ = 0;
  }
  std::string text_;
  std::size_t data_ = 0;
};

inline std::string headers_text(const Headers& headers) {
  std::string text;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    text += " " + std::string(headers.name(i)) + "=" + std::string(headers.value(i));
  }
  return text;
}

inline std::string reset_text(ResetReason reason) {
  switch (reason) {
    case ResetReason::lost_unanswered:
      return "reset: lost unanswered";
    case ResetReason::lost:
      return "reset: lost";
    case ResetReason::protocol:
      return "reset: protocol";
    case ResetReason::refused:
      return "reset: refused";
    case ResetReason::cancelled:
      return "reset: cancelled";
    case ResetReason::idle:
      return "reset: idle";
  }
  return "?";
}

// Answers each request when it has ended: status x-status (200), a body of x-body bytes (0), in pieces of x-piece bytes
// with the length unsaid when that is given, and x-grpc-status as a trailer. x-wait: never.
class ScriptServer final : public ServerHandler {
 public:
  ScriptServer(MemoryWorld& world, const HttpCodec& codec, std::unique_ptr<ByteStream> stream,
               const HttpLimits& limits = {})
      : codec_(codec), connection_(codec.serve(world.runtime, std::move(stream), *this, limits)) {}

  Log log;
  bool closed = false;
  std::function<void(ServerExchange&)> on_request_ended;

 private:
  struct Exchange final : RequestReceiver {
    Exchange(ScriptServer& owner, ServerExchange& sender) : server(owner), exchange(sender) {}
    void on_head(std::unique_ptr<RequestHead> head, Buffer& data, bool end) override {
      server.log.line(std::string(head->method()) + " " + std::string(head->authority()) + " " +
                      std::string(head->path()) + headers_text(head->headers) +
                      " length=" + std::to_string(head->content_length));
      request = std::move(head);
      if (!request->upgrade().empty()) server.log.line("upgrade " + std::string(request->upgrade()));
      on_data(data, end || offers_tunnel(*request));
    }
    void on_trailers(std::unique_ptr<Headers> trailers) override {
      server.log.line("trailers" + headers_text(*trailers));
      Buffer nothing;
      on_data(nothing, true);
    }
    void on_data(Buffer& data, bool end) override {
      server.log.data(data.size());
      if (!end) return;
      server.log.line("end");
      if (server.on_request_ended) {
        server.on_request_ended(exchange);
      } else {
        respond();
      }
    }
    void on_reset(ResetReason reason) override { server.log.line(reset_text(reason)); }
    std::uint64_t number(const char* name, std::uint64_t otherwise) const {
      return request->headers.has(name) ? std::strtoull(std::string(request->headers.get(name)).c_str(), nullptr, 10)
                                        : otherwise;
    }
    void respond() {
      if (request->headers.has("x-wait")) return;
      auto head = std::make_unique<ResponseHead>(static_cast<std::uint16_t>(number("x-status", 200)));
      head->headers.add("x-answer", "yes");
      std::uint64_t left = number("x-body", 0);
      const std::uint64_t piece = number("x-piece", 0);
      Buffer data;
      if (piece == 0) {
        head->content_length = static_cast<std::int64_t>(left);
        if (request->method() != "HEAD") server.codec_.append_body(data, left);
        exchange.send_head(std::move(head), data, true);
        return;
      }
      head->content_length = kUnknownLength;
      exchange.send_head(std::move(head), data, false);
      while (left > piece) {
        server.codec_.append_body(data, piece);
        left -= piece;
        exchange.send_data(data, false);
        data.clear();
      }
      server.codec_.append_body(data, left);
      exchange.send_data(data, !request->headers.has("x-grpc-status"));
      if (!request->headers.has("x-grpc-status")) return;
      auto trailers = std::make_unique<Headers>();
      trailers->add("grpc-status", request->headers.get("x-grpc-status"));
      exchange.send_trailers(std::move(trailers));
    }
    ScriptServer& server;
    ServerExchange& exchange;
    std::unique_ptr<RequestHead> request;
  };

  RequestReceiver& on_exchange(ServerConnection&, ServerExchange& exchange) override {
    exchanges_.push_back(std::make_unique<Exchange>(*this, exchange));
    return *exchanges_.back();
  }
  void on_closed(ServerConnection&) override {
    log.line("closed");
    closed = true;
    connection_ = nullptr;
  }

  const HttpCodec& codec_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::unique_ptr<ServerConnection> connection_;
};

struct ScriptRequest {
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers;
  std::uint64_t body = 0;
  std::uint64_t piece = 0;  // sent in pieces of so many bytes, the length unsaid
};

class ScriptClient final : public ClientHandler, public ResponseReceiver {
 public:
  ScriptClient(MemoryWorld& world, const HttpCodec& codec, std::unique_ptr<ByteStream> stream,
               std::vector<ScriptRequest> requests)
      : codec_(codec),
        requests_(std::move(requests)),
        connection_(codec.connect(world.runtime, std::move(stream), *this)) {
    send_next();
  }

  Log log;
  bool closed = false;

 private:
  void send_next() {
    if (next_ == requests_.size()) return;
    const ScriptRequest& request = requests_[next_];
    auto head = make_request(request.method, "backend:8080", "/r/" + std::to_string(next_));
    ++next_;
    for (const auto& [name, value] : request.headers) head->headers.add(name, value);
    ClientExchange& exchange = connection_->open(*this);
    Buffer data;
    if (request.piece == 0) {
      head->content_length = static_cast<std::int64_t>(request.body);
      codec_.append_body(data, request.body);
      exchange.send_head(std::move(head), data, true);
      return;
    }
    head->content_length = kUnknownLength;
    exchange.send_head(std::move(head), data, false);
    std::uint64_t left = request.body;
    for (; left > request.piece; left -= request.piece) {
      data.clear();
      codec_.append_body(data, request.piece);
      exchange.send_data(data, false);
    }
    data.clear();
    codec_.append_body(data, left);
    exchange.send_data(data, true);
  }
  void on_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end) override {
    log.line(std::to_string(head->status) + headers_text(head->headers) +
             " length=" + std::to_string(head->content_length));
    on_data(data, end);
  }
  void on_data(Buffer& data, bool end) override {
    log.data(data.size());
    if (end) log.line("end");
  }
  void on_trailers(std::unique_ptr<Headers> trailers) override {
    log.line("trailers" + headers_text(*trailers));
    log.line("end");
  }
  void on_reset(ResetReason reason) override { log.line(reset_text(reason)); }
  void on_available(ClientConnection&) override { send_next(); }
  void on_closed(ClientConnection&) override {
    log.line("closed");
    closed = true;
    connection_ = nullptr;
  }

  const HttpCodec& codec_;
  std::vector<ScriptRequest> requests_;
  std::size_t next_ = 0;
  std::unique_ptr<ClientConnection> connection_;
};

// The other end of a stream as plain bytes.
class RawPeer {
 public:
  explicit RawPeer(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {
    stream_->on_read([this](ReadEvent event, Buffer& data) {
      if (event == ReadEvent::data) received += data.to_string();
      if (event == ReadEvent::end) ended = true;
      if (event == ReadEvent::reset) reset = true;
    });
  }
  void send(const std::string& text) {
    out_.append(text);
    push();
  }
  void shutdown() {
    shuts_down_ = true;
    push();
  }
  void abort() { stream_->abort(); }

  std::string received;
  bool ended = false;
  bool reset = false;

 private:
  void push() {
    stream_->write(out_);
    if (!out_.empty()) {
      stream_->on_writable([this] { push(); });
    } else if (shuts_down_) {
      stream_->shutdown_write();
    }
  }
  bool shuts_down_ = false;
  std::unique_ptr<ByteStream> stream_;
  Buffer out_;
};

}  // namespace meshtwin::testing_world
