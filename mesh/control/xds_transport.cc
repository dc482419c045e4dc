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

}  // namespace

XdsTransport::XdsTransport(std::unique_ptr<ByteStream> stream, Receives receives, bool modelled, Handlers handlers)
    : receives_(receives),
      modelled_(modelled),
      on_message_(std::move(handlers.on_message)),
      frames_(std::move(stream), {[this](std::string_view bytes) { return take_bytes(bytes); },
                                  [this](std::unique_ptr<Message> message) { return take_object(std::move(message)); },
                                  std::move(handlers.on_broken), std::move(handlers.on_drained)}) {}

void XdsTransport::send(XdsMessage message) {
  if (modelled_) {
    const std::size_t size = encoded_size(message);
    frames_.send(size, std::make_unique<XdsEnvelope>(std::move(message)));
  } else {
    frames_.send(encode(message));
  }
}

FramedStream::Refusal XdsTransport::take_object(std::unique_ptr<Message> message) {
  auto* envelope = dynamic_cast<XdsEnvelope*>(message.get());
  if (envelope == nullptr) return "a message that is not xDS";
  const bool expected = receives_ == Receives::requests ? !std::holds_alternative<DeltaResponse>(envelope->content)
                                                        : !std::holds_alternative<DeltaRequest>(envelope->content);
  if (!expected) return "a message for the other side";
  on_message_(std::move(envelope->content));
  return {};
}

FramedStream::Refusal XdsTransport::take_bytes(std::string_view bytes) {
  XdsMessage message = Keepalive{};
  std::optional<std::string> problem;
  if (!bytes.empty()) {
    problem = receives_ == Receives::requests ? decode(bytes, message.emplace<DeltaRequest>())
                                              : decode(bytes, message.emplace<DeltaResponse>());
  }
  if (problem) return *problem;
  on_message_(std::move(message));
  return {};
}

}  // namespace meshtwin
