#pragma once

// Typed configuration <-> the Protobuf messages of Envoy's API. Reading refuses, with the reason, what is not well
// formed or what the engine could not act on; it never changes the meaning in silence. The only user of Protobuf in the
// engine.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "mesh/control/xds_messages.h"

namespace meshtwin {

// A resource ready to be sent: named, encoded, its version a digest of the encoding, so that equal content has the same
// version in every run of every control plane. `keep_encoding` false: for the modelled wire, which needs only its size.
XdsResourcePtr make_resource(XdsBody body, bool keep_encoding);

std::string encode_body(const XdsBody& body);
// The resource with its body, or with `problem` set.
XdsResource decode_body(XdsKind kind, std::string_view bytes);

std::string encode(const DeltaRequest& request);
std::string encode(const DeltaResponse& response);  // of resources that kept their encoding
// The bytes `encode` gives, without making them.
std::size_t encoded_size(const DeltaRequest& request);
std::size_t encoded_size(const DeltaResponse& response);

// Return what is wrong with the bytes. A response whose resources are refused is itself well formed.
std::optional<std::string> decode(std::string_view bytes, DeltaRequest& request);
std::optional<std::string> decode(std::string_view bytes, DeltaResponse& response);

}  // namespace meshtwin
