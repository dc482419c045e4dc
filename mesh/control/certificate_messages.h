#pragma once

// What a proxy and the certificate authority say to each other, and its encoding as Istio's certificate service has it.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mesh/base/buffer.h"
#include "mesh/base/time.h"
#include "mesh/identity/certificate.h"

namespace meshtwin {

struct SigningRequest : Message {
  SpiffeId identity;
  std::string request_pem;  // empty on a modelled wire
  Duration lifetime = 0;    // wished for
};

// To one request each, in their order.
struct SigningResponse : Message {
  CertificateFacts facts;  // on a modelled wire
  TrustBundle trust;       // likewise
  std::string chain_pem;   // on a real one: leaf first, root last
  std::string refusal;     // empty: it was granted
};

std::string encode(const SigningRequest& request);
std::string encode(const SigningResponse& response);
// Of what the real messages would take; for modelled ones.
std::size_t encoded_size(const SigningRequest& request);
std::size_t encoded_size(const SigningResponse& response);
// Return what is wrong with the bytes.
std::optional<std::string> decode(std::string_view bytes, SigningRequest& request);
std::optional<std::string> decode(std::string_view bytes, SigningResponse& response);

}  // namespace meshtwin
