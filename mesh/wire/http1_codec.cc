// The real codec: HTTP/1.1 as text.

#include <algorithm>
#include <utility>

#include "mesh/wire/http1_reader.h"
#include "mesh/wire/http1_text.h"
#include "mesh/wire/message_format.h"

namespace meshtwin {
namespace {

class Http1Format final : public MessageFormat {
 public:
  std::size_t write_head(Buffer& to, std::unique_ptr<RequestHead> head, Framing framing) const override {
    return write(to, *head, framing);
  }
  std::size_t write_head(Buffer& to, std::unique_ptr<ResponseHead> head, Framing framing) const override {
    return write(to, *head, framing);
  }
  void write_chunk(Buffer& to, Buffer& data) const override {
    static const auto line_end = std::make_shared<const std::string>("\r\n");
    std::string line;
    append_chunk_line(line, data.size());
    to.append(std::move(line));
    to.append(std::move(data));
    to.append(line_end, 0, line_end->size());
  }
  void write_last_chunk(Buffer& to, std::unique_ptr<Headers> trailers) const override {
    if (trailers == nullptr) return to.append(kLastChunk);
    std::string text;
    append_last_chunk(text, *trailers);
    to.append(std::move(text));
  }
  void write_continue(Buffer& to) const override { to.append(kContinue); }
  std::unique_ptr<MessageReader<RequestHead>> request_reader(const HttpLimits& limits) const override {
    return std::make_unique<Http1Reader<RequestHead>>(limits);
  }
  std::unique_ptr<MessageReader<ResponseHead>> response_reader(const HttpLimits& limits) const override {
    return std::make_unique<Http1Reader<ResponseHead>>(limits);
  }

 private:
  template <typename Head>
  static std::size_t write(Buffer& to, const Head& head, Framing framing) {
    std::string text;
    text.reserve(512);
    append_head(text, head, framing);
    const std::size_t length = text.size();
    to.append(std::move(text));
    return length;
  }
};

class Http1Codec final : public HttpCodec {
 public:
  std::unique_ptr<ServerConnection> serve(Runtime& runtime, std::unique_ptr<ByteStream> stream, ServerHandler& handler,
                                          const HttpLimits& limits) const override {
    return make_server_connection(runtime, format_, std::move(stream), handler, limits);
  }
  std::unique_ptr<ClientConnection> connect(Runtime& runtime, std::unique_ptr<ByteStream> stream,
                                            ClientHandler& handler) const override {
    return make_client_connection(runtime, format_, std::move(stream), handler);
  }
  void append_body(Buffer& to, std::uint64_t length) const override {
    static const auto block = std::make_shared<const std::string>(64 * 1024, 'x');
    while (length > 0) {
      const std::uint64_t part = std::min<std::uint64_t>(length, block->size());
      to.append(block, 0, static_cast<std::size_t>(part));
      length -= part;
    }
  }

 private:
  Http1Format format_;
};

}  // namespace

const HttpCodec& http1_codec() {
  static const Http1Codec codec;
  return codec;
}

}  // namespace meshtwin
