#include "mesh/control/xds_transport.h"

#include <utility>

#include "mesh/control/xds_codec.h"

namespace meshtwin {
namespace {

struct XdsEnvelope : Message {
  explicit XdsEnvelope(XdsMessage content) : content(std::move(content)) {}
  XdsMessage content;
};

std::string encode(const XdsMessage& message) {
  if (const auto* request = std::get_if<DeltaRequest>(&message)) return encode(*request);
  if (const auto* response = std::get_if<DeltaResponse>(&message)) return encode(*response);
  return {};
}

std::size_t encoded_size(const XdsMessage& message) {
  if (const auto* request = std::get_if<DeltaRequest>(&message)) return encoded_size(*request);
  if (const auto* response = std::get_if<DeltaResponse>(&message)) return encoded_size(*response);
  return 0;
}

std::string frame(const std::string& message) {
  const auto length = static_cast<std::uint32_t>(message.size());
  std::string bytes;
  bytes.reserve(XdsTransport::kPrefixSize + message.size());
  bytes += '\0';  // not compressed
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((length >> shift) & 0xff);
  return bytes += message;
}

std::size_t frame_length(std::string_view prefix) {
  std::size_t length = 0;
  for (std::size_t i = 1; i < XdsTransport::kPrefixSize; ++i)
    length = length << 8 | static_cast<unsigned char>(prefix[i]);
  return length;
}

}  // namespace

XdsTransport::XdsTransport(std::unique_ptr<ByteStream> stream, Receives receives, bool modelled, Handlers handlers)
    : stream_(std::move(stream)), receives_(receives), modelled_(modelled), handlers_(std::move(handlers)) {
  stream_->on_read([this](ReadEvent event, Buffer& data) { on_read(event, data); });
}

void XdsTransport::send(XdsMessage message) {
  if (modelled_) {
    const std::size_t size = kPrefixSize + encoded_size(message);
    backlog_.append_virtual(size, std::make_unique<XdsEnvelope>(std::move(message)));
  } else {
    backlog_.append(frame(encode(message)));
  }
  if (!waiting_) flush();
}

void XdsTransport::flush() {
  stream_->write(backlog_);
  if (backlog_.empty()) return;
  waiting_ = true;
  stream_->on_writable([this] {
    waiting_ = false;
    flush();
    if (backlog_.empty() && handlers_.on_drained) handlers_.on_drained();
  });
}

void XdsTransport::on_read(ReadEvent event, Buffer& data) {
  if (event != ReadEvent::data) {
    break_off(event == ReadEvent::end ? "ended by the other side" : "reset");
    return;
  }
  while (!data.empty()) {
    if (!take_front(data)) return;
  }
}

bool XdsTransport::take_front(Buffer& data) {
  if (data.front_is_virtual()) {
    std::unique_ptr<Message> message = data.take_front_message();  // null: part of one whose end is still to come
    return message == nullptr || take_envelope(std::move(message));
  }
  incoming_.append(data.front_bytes());
  data.drop(data.front_size());
  return take_frames();
}

bool XdsTransport::take_envelope(std::unique_ptr<Message> message) {
  auto* envelope = dynamic_cast<XdsEnvelope*>(message.get());
  if (envelope == nullptr) return break_off("a message that is not xDS");
  const bool expected = receives_ == Receives::requests ? !std::holds_alternative<DeltaResponse>(envelope->content)
                                                        : !std::holds_alternative<DeltaRequest>(envelope->content);
  if (!expected) return break_off("a message for the other side");
  return deliver(std::move(envelope->content));
}

bool XdsTransport::take_frames() {
  std::size_t begin = 0;
  while (incoming_.size() - begin >= kPrefixSize) {
    const std::string_view rest = std::string_view(incoming_).substr(begin);
    if (rest[0] != 0) return break_off("a compressed or malformed frame");
    const std::size_t length = frame_length(rest);
    if (length > kLargestMessage) return break_off("a message of " + std::to_string(length) + " bytes");
    if (rest.size() < kPrefixSize + length) break;
    if (!decode_frame(rest.substr(kPrefixSize, length))) return false;
    begin += kPrefixSize + length;
  }
  incoming_.erase(0, begin);
  return true;
}

bool XdsTransport::decode_frame(std::string_view bytes) {
  if (bytes.empty()) return deliver(Keepalive{});
  std::optional<std::string> problem;
  XdsMessage message;
  if (receives_ == Receives::requests) {
    problem = decode(bytes, message.emplace<DeltaRequest>());
  } else {
    problem = decode(bytes, message.emplace<DeltaResponse>());
  }
  return problem ? break_off(*problem) : deliver(std::move(message));
}

bool XdsTransport::deliver(XdsMessage message) {
  const Watch watch(lifetime_);
  handlers_.on_message(std::move(message));
  return !watch.gone();
}

bool XdsTransport::break_off(const std::string& reason) {
  stream_->on_read({});
  handlers_.on_broken(reason);  // usually destroys this object
  return false;
}

}  // namespace meshtwin
