#pragma once

// Reads HTTP/1.1 messages from real bytes with the http-parser library, and refuses what two readers could take for two
// different messages: a length and chunks together, lengths that disagree, codings we do not know, a missing Host. A
// request that offers a tunnel ends with its head; what comes behind it is not read here until it has been answered.

#include <http_parser.h>

#include <memory>
#include <string>

#include "mesh/wire/message_format.h"

namespace meshtwin {

template <typename Head>
class Http1Reader final : public MessageReader<Head> {
 public:
  explicit Http1Reader(const HttpLimits& limits);

  Piece<Head> read(Buffer& input) override;
  bool ends_at_close() const override { return until_close_; }
  void answers(std::string_view method) override {
    to_head_ = method == "HEAD";
    to_connect_ = method == "CONNECT";
  }

 private:
  enum class At : unsigned char { start, url, name, value, body, trailer_name, trailer_value };

  struct Callbacks;  // what http-parser calls

  void begin_message();
  bool grow(Headers& headers, Headers::Text& text, const char* at, std::size_t length);  // false: beyond the limits
  Headers& trailers();
  bool end_trailer();
  bool trim_field(Headers& headers);
  bool end_field();
  bool keep_field(std::string_view name, std::string_view value);
  bool take_framing_field(std::string_view name, std::string_view value);
  bool end_head();
  bool end_request_head();
  bool end_response_head();
  void take_nominations();
  bool has_no_body() const;
  bool fail(ReadError error) {
    error_ = error;
    return false;
  }

  const HttpLimits limits_;
  http_parser parser_;
  At at_ = At::start;
  ReadError error_ = ReadError::none;
  std::unique_ptr<Head> head_;
  std::unique_ptr<Headers> trailers_;
  Headers::Text url_;
  Headers::Text name_;
  Headers::Text value_;
  std::string connection_;  // the value of a Connection header that names more than close and keep-alive
  std::string upgrade_;
  std::size_t seen_ = 0;  // bytes of this head, or these trailers, read before the present block
  std::size_t field_count_ = 0;
  std::size_t host_count_ = 0;
  std::size_t length_count_ = 0;
  std::size_t coding_count_ = 0;
  bool chunked_ = false;
  bool expects_continue_ = false;
  bool to_head_ = false;
  bool to_connect_ = false;
  bool until_close_ = false;
  // Of the present call of read().
  Piece<Head>* piece_ = nullptr;
  const Buffer* input_ = nullptr;
  const char* block_ = nullptr;
  std::size_t block_bias_ = 0;  // where in the block the trailers begin
};

extern template class Http1Reader<RequestHead>;
extern template class Http1Reader<ResponseHead>;

}  // namespace meshtwin
