// The codecs of HTTP/2, and of whichever version the client speaks.

#include "mesh/wire/http2_codec.h"

namespace meshtwin {
namespace {

class Http2Codec final : public HttpCodec {
 public:
  Http2Codec(Http2Connection::MakeSession make_session, const HttpCodec& same_wire)
      : make_session_(make_session), same_wire_(same_wire) {}
  std::unique_ptr<ServerConnection> serve(Runtime& runtime, std::unique_ptr<ByteStream> stream, ServerHandler& handler,
                                          const HttpLimits& limits) const override {
    return make_http2_server(runtime, std::move(stream), handler, limits, make_session_);
  }
  std::unique_ptr<ClientConnection> connect(Runtime& runtime, std::unique_ptr<ByteStream> stream,
                                            ClientHandler& handler) const override {
    return make_http2_client(runtime, std::move(stream), handler, make_session_);
  }
  void append_body(Buffer& to, std::uint64_t length) const override { same_wire_.append_body(to, length); }

 private:
  const Http2Connection::MakeSession make_session_;
  const HttpCodec& same_wire_;
};

class DetectingCodec final : public HttpCodec {
 public:
  DetectingCodec(const HttpCodec& http1, const HttpCodec& http2) : http1_(http1), http2_(http2) {}
  std::unique_ptr<ServerConnection> serve(Runtime& runtime, std::unique_ptr<ByteStream> stream, ServerHandler& handler,
                                          const HttpLimits& limits) const override {
    return make_detecting_server(runtime, std::move(stream), handler, limits, http1_, http2_);
  }
  std::unique_ptr<ClientConnection> connect(Runtime& runtime, std::unique_ptr<ByteStream> stream,
                                            ClientHandler& handler) const override {
    return http1_.connect(runtime, std::move(stream), handler);  // a client knows what it speaks
  }
  void append_body(Buffer& to, std::uint64_t length) const override { http1_.append_body(to, length); }

 private:
  const HttpCodec& http1_;
  const HttpCodec& http2_;
};

struct Family {
  Family(const HttpCodec& http1, Http2Connection::MakeSession make_session)
      : http2(make_session, http1), detect(http1, http2), codecs{http1, http2, detect} {}
  const Http2Codec http2;
  const DetectingCodec detect;
  const HttpCodecs codecs;
};

}  // namespace

const HttpCodecs& real_codecs() {
  static const Family family(http1_codec(), make_http2_session);
  return family.codecs;
}

const HttpCodecs& modelled_codecs() {
  static const Family family(modelled_codec(), make_modelled_http2_session);
  return family.codecs;
}

}  // namespace meshtwin
