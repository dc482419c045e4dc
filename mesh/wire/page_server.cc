#include "mesh/wire/page_server.h"

#include <utility>

namespace meshtwin {

class PageServer::Request final : public RequestReceiver {
 public:
  Request(PageServer& server, ServerExchange& exchange) : server_(server), exchange_(exchange) {}

  std::size_t slot = 0;

 private:
  void on_head(std::unique_ptr<RequestHead> head, Buffer&, bool) override {
    const std::string_view path = head->path().substr(0, head->path().find('?'));
    const auto page = server_.pages_.find(path);
    const bool reads = head->method() == "GET" || head->method() == "HEAD";
    const std::uint16_t status = page == server_.pages_.end() ? 404 : reads ? 200 : 405;
    auto answer = std::make_unique<ResponseHead>(status);
    Buffer body;
    if (status == 200) {
      answer->headers.add("content-type", server_.content_type_);
      body.append(page->second());
      answer->content_length = static_cast<std::int64_t>(body.size());
      if (head->method() == "HEAD") body.clear();
    }
    exchange_.send_head(std::move(answer), body, true);
    server_.requests_.remove(*this);
  }
  void on_data(Buffer&, bool) override {}
  void on_reset(ResetReason) override { server_.requests_.remove(*this); }

  PageServer& server_;
  ServerExchange& exchange_;
};

class PageServer::Connection final : public ServerHandler {
 public:
  Connection(PageServer& server, std::unique_ptr<ByteStream> stream)
      : server_(server), http_(server.codec_.serve(server.runtime_, std::move(stream), *this, {})) {}

  std::size_t slot = 0;

 private:
  RequestReceiver& on_exchange(ServerConnection&, ServerExchange& exchange) override {
    return server_.requests_.add(std::make_unique<Request>(server_, exchange));
  }
  void on_closed(ServerConnection&) override { server_.connections_.remove(*this); }

  PageServer& server_;
  const std::unique_ptr<ServerConnection> http_;
};

PageServer::PageServer(Runtime& runtime, const HttpCodec& codec, std::string_view content_type)
    : runtime_(runtime), codec_(codec), content_type_(content_type) {}

PageServer::~PageServer() {
  requests_.clear();
}

bool PageServer::listen(Network& network, SocketAddress at) {
  listeners_.push_back(network.listen(at, [this](AcceptedStream accepted) {
    connections_.add(std::make_unique<Connection>(*this, std::move(accepted.stream)));
  }));
  return listeners_.back() != nullptr;
}

}  // namespace meshtwin
