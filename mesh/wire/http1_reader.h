#pragma once

// Reads HTTP/1.1 messages from real bytes with the http-parser library, and refuses what two readers could take for two
// different messages: a length and chunks together, lengths that disagree, codings we do not know, a missing Host.

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
  void answers_head_request(bool yes) override { no_body_ = yes; }

 private:
  enum class At : unsigned char { start, url, name, value, body };

  struct Callbacks;  // what http-parser calls

  void begin_message();
  bool grow(Headers::Text& text, const char* at, std::size_t length);  // false: beyond the limits
  bool end_field();
  bool keep_field(std::string_view name, std::string_view value);
  bool take_framing_field(std::string_view name, std::string_view value);
  bool end_head();
  bool end_request_head();
  bool end_response_head();
  void drop_nominated_fields();
  bool fail(ReadError error) {
    error_ = error;
    return false;
  }

  const HttpLimits limits_;
  http_parser parser_;
  At at_ = At::start;
  ReadError error_ = ReadError::none;
  std::unique_ptr<Head> head_;
  Headers::Text url_;
  Headers::Text name_;
  Headers::Text value_;
  std::string connection_;     // the value of a Connection header that names more than close and keep-alive
  std::size_t head_seen_ = 0;  // bytes of this head read before the present block
  std::size_t field_count_ = 0;
  std::size_t host_count_ = 0;
  std::size_t length_count_ = 0;
  std::size_t coding_count_ = 0;
  bool chunked_ = false;
  bool expects_continue_ = false;
  bool no_body_ = false;
  bool until_close_ = false;
  // Of the present call of read().
  Piece<Head>* piece_ = nullptr;
  const Buffer* input_ = nullptr;
  const char* block_ = nullptr;
};

extern template class Http1Reader<RequestHead>;
extern template class Http1Reader<ResponseHead>;

}  // namespace meshtwin
