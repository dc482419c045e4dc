#pragma once

// Ends for HTTP/2 tests: a server and a client that log each exchange by its number, and let a test hold the senders.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/support/http_script.h"

namespace meshtwin::testing_world {

inline std::string trailers_text(const Headers& trailers) {
  return "trailers" + headers_text(trailers);
}

template <typename In, typename Out>
struct LoggedExchange final : Receiver<In> {
  void on_head(std::unique_ptr<In> in, Buffer& data, bool end) override {
    head = std::move(in);
    on_data(data, end);
  }
  void on_data(Buffer& data, bool end) override {
    received += data.size();
    body.append(std::move(data));
    ended = ended || end;
    if (end && when_ended)
      when_ended(*this);
    else if (when_data)
      when_data(*this);
  }
  void on_trailers(std::unique_ptr<Headers> in) override {
    trailers = trailers_text(*in);
    ended = true;
    if (when_ended) when_ended(*this);
  }
  void on_reset(ResetReason why) override { reset = reset_text(why); }
  void on_room() override {
    ++rooms;
    if (when_room) when_room(*this);
  }
  std::string text() const {
    return (head == nullptr ? "-" : headers_text(head->headers) + " length=" + std::to_string(head->content_length)) +
           " data " + std::to_string(received) + (ended ? " end" : "") + " " + trailers + reset;
  }

  Sender<Out>* sender = nullptr;
  std::unique_ptr<In> head;
  std::string trailers;
  std::string reset;
  Buffer body;
  std::size_t received = 0;
  std::size_t rooms = 0;
  bool ended = false;
  std::function<void(LoggedExchange&)> when_ended;
  std::function<void(LoggedExchange&)> when_data;
  std::function<void(LoggedExchange&)> when_room;
};

using ServedExchange = LoggedExchange<RequestHead, ResponseHead>;
using AskedExchange = LoggedExchange<ResponseHead, RequestHead>;

class Http2ScriptServer final : public ServerHandler {
 public:
  Http2ScriptServer(MemoryWorld& world, const HttpCodec& codec, std::unique_ptr<ByteStream> stream,
                    const HttpLimits& limits = {})
      : connection(codec.serve(world.runtime, std::move(stream), *this, limits)) {}

  std::deque<ServedExchange> exchanges;
  std::function<void(ServedExchange&)> when_ended;
  std::function<void(ServedExchange&)> when_begun;
  bool closed = false;
  std::unique_ptr<ServerConnection> connection;

 private:
  RequestReceiver& on_exchange(ServerConnection&, ServerExchange& exchange) override {
    ServedExchange& served = exchanges.emplace_back();
    served.sender = &exchange;
    served.when_ended = when_ended;
    if (when_begun) when_begun(served);
    return served;
  }
  void on_closed(ServerConnection&) override {
    closed = true;
    connection = nullptr;
  }
};

class Http2ScriptClient final : public ClientHandler {
 public:
  Http2ScriptClient(MemoryWorld& world, const HttpCodec& codec, std::unique_ptr<ByteStream> stream)
      : connection(codec.connect(world.runtime, std::move(stream), *this)) {}

  AskedExchange& ask(std::unique_ptr<RequestHead> head, Buffer body = {}, bool end = true) {
    AskedExchange& asked = exchanges.emplace_back();
    asked.sender = &connection->open(asked);
    asked.sender->send_head(std::move(head), body, end);
    return asked;
  }
  AskedExchange& get(const std::string& path = "/") { return ask(make_request("GET", "backend:8080", path)); }

  std::deque<AskedExchange> exchanges;
  std::size_t available = 0;
  bool closed = false;
  std::unique_ptr<ClientConnection> connection;

 private:
  void on_available(ClientConnection&) override { ++available; }
  void on_closed(ClientConnection&) override {
    closed = true;
    connection = nullptr;
  }
};

inline std::unique_ptr<ResponseHead> answer_head(std::uint16_t status, std::int64_t length = 0) {
  auto head = std::make_unique<ResponseHead>(status);
  head->content_length = length;
  return head;
}

}  // namespace meshtwin::testing_world
