#include "mesh/control/framed_stream.h"

#include <utility>

namespace meshtwin {
namespace {

std::string frame(const std::string& message) {
  const auto length = static_cast<std::uint32_t>(message.size());
  std::string bytes;
  bytes.reserve(FramedStream::kPrefixSize + message.size());
  bytes += '\0';  // not compressed
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((length >> shift) & 0xff);
  return bytes += message;
}

std::size_t frame_length(std::string_view prefix) {
  std::size_t length = 0;
  for (std::size_t i = 1; i < FramedStream::kPrefixSize; ++i)
    length = length << 8 | static_cast<unsigned char>(prefix[i]);
  return length;
}

}  // namespace

FramedStream::FramedStream(std::unique_ptr<ByteStream> stream, Handlers handlers)
    : stream_(std::move(stream)), handlers_(std::move(handlers)) {
  stream_->on_read([this](ReadEvent event, Buffer& data) { on_read(event, data); });
}

void FramedStream::send(const std::string& message) {
  backlog_.append(frame(message));
  if (!waiting_) flush();
}

void FramedStream::send(std::size_t encoded_size, std::unique_ptr<Message> message) {
  backlog_.append_virtual(kPrefixSize + encoded_size, std::move(message));
  if (!waiting_) flush();
}

void FramedStream::flush() {
  stream_->write(backlog_);
  if (backlog_.empty()) return;
  waiting_ = true;
  stream_->on_writable([this] {
    waiting_ = false;
    flush();
    if (backlog_.empty() && handlers_.on_drained) handlers_.on_drained();
  });
}

void FramedStream::on_read(ReadEvent event, Buffer& data) {
  if (event != ReadEvent::data) {
    break_off(event == ReadEvent::end ? "ended by the other side" : "reset");
    return;
  }
  while (!data.empty()) {
    if (!take_front(data)) return;
  }
}

bool FramedStream::take_front(Buffer& data) {
  const Watch watch(lifetime_);
  if (data.front_is_virtual()) {
    std::unique_ptr<Message> message = data.take_front_message();  // null: part of one whose end is still to come
    return message == nullptr || judge(watch, handlers_.on_object(std::move(message)));
  }
  incoming_.append(data.front_bytes());
  data.drop(data.front_size());
  return take_frames();
}

bool FramedStream::take_frames() {
  const Watch watch(lifetime_);
  std::size_t begin = 0;
  while (incoming_.size() - begin >= kPrefixSize) {
    const std::string_view rest = std::string_view(incoming_).substr(begin);
    if (rest[0] != 0) return break_off("a compressed or malformed frame");
    const std::size_t length = frame_length(rest);
    if (length > kLargestMessage) return break_off("a message of " + std::to_string(length) + " bytes");
    if (rest.size() < kPrefixSize + length) break;
    if (!judge(watch, handlers_.on_bytes(rest.substr(kPrefixSize, length)))) return false;
    begin += kPrefixSize + length;
  }
  incoming_.erase(0, begin);
  return true;
}

bool FramedStream::judge(const Watch& watch, const Refusal& refusal) {
  if (watch.gone()) return false;
  return refusal.empty() || break_off(refusal);
}

bool FramedStream::break_off(const std::string& reason) {
  stream_->on_read({});
  handlers_.on_broken(reason);  // usually destroys this object
  return false;
}

}  // namespace meshtwin
