#include "mesh/control/certificate_messages.h"

#include "mesh/control/proto/ca.pb.h"
#include "mesh/identity/authority.h"

namespace meshtwin {
namespace {

constexpr const char* kImpersonated = "ImpersonatedIdentity";
constexpr std::size_t kRequestOverhead = 37;  // tags, lengths, the metadata's key
constexpr std::size_t kResponseOverhead = 6;

template <typename Message>
bool parse(std::string_view bytes, Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

std::string encode(const SigningRequest& request) {
  istio::v1::auth::IstioCertificateRequest message;
  message.set_csr(request.request_pem);
  message.set_validity_duration(request.lifetime / kSecond);
  (*message.mutable_metadata()->mutable_fields())[kImpersonated].set_string_value(to_string(request.identity));
  return message.SerializeAsString();
}

std::string encode(const SigningResponse& response) {
  istio::v1::auth::IstioCertificateResponse message;
  if (!response.chain_pem.empty()) message.add_cert_chain(response.chain_pem);
  message.set_refusal(response.refusal);
  return message.SerializeAsString();
}

std::size_t encoded_size(const SigningRequest& request) {
  return kRequestOverhead + certificate_request_size(request.identity) + to_string(request.identity).size();
}

std::size_t encoded_size(const SigningResponse& response) {
  if (!response.refusal.empty()) return kResponseOverhead + response.refusal.size();
  return kResponseOverhead + certificate_chain_size(response.facts.uri);
}

std::optional<std::string> decode(std::string_view bytes, SigningRequest& request) {
  istio::v1::auth::IstioCertificateRequest message;
  if (!parse(bytes, message)) return "not a certificate request";
  const auto& fields = message.metadata().fields();
  const auto named = fields.find(kImpersonated);
  const auto identity = parse_spiffe_id(named == fields.end() ? "" : named->second.string_value());
  if (!identity.has_value()) return "a certificate request that names no SPIFFE ID";
  constexpr std::int64_t kLongest = 10LL * 365 * 24 * 3600;
  if (message.validity_duration() <= 0 || message.validity_duration() > kLongest) {
    return "a certificate request for " + std::to_string(message.validity_duration()) + " seconds";
  }
  request.identity = *identity;
  request.request_pem = message.csr();
  request.lifetime = message.validity_duration() * kSecond;
  return std::nullopt;
}

std::optional<std::string> decode(std::string_view bytes, SigningResponse& response) {
  istio::v1::auth::IstioCertificateResponse message;
  if (!parse(bytes, message)) return "not a certificate response";
  response.refusal = message.refusal();
  for (const std::string& part : message.cert_chain()) response.chain_pem += part;
  if (response.refusal.empty() && response.chain_pem.empty()) return "a certificate response with nothing in it";
  return std::nullopt;
}

}  // namespace meshtwin
