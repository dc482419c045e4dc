#include "mesh/control/certificate_service.h"

#include <algorithm>
#include <utility>

#include "mesh/runtime/chance.h"
#include "mesh/runtime/clock.h"

namespace meshtwin {
namespace {

std::unique_ptr<CertificateAuthority> make_authority(const ControlPlaneConfig& config, Runtime& runtime,
                                                     bool modelled) {
  if (modelled) return make_modelled_authority(config.trust_domain, runtime.chance.stream("authority").bits());
  return make_x509_authority(config.trust_domain, runtime.clock.unix_zero() + runtime.clock.now());
}

// As it is compared and told; the namespace default goes without saying.
std::string account_of(const std::string& name_space, const std::string& account) {
  return name_space == "default" ? account : name_space + '/' + account;
}

}  // namespace

struct CertificateService::Asker {
  explicit Asker(std::uint32_t from) : ip(from) {}

  const std::uint32_t ip;
  std::unique_ptr<FramedStream> stream;
  std::size_t slot = 0;
};

CertificateService::CertificateService(const ControlPlaneConfig& config, Runtime& runtime, Network& network,
                                       Recorder& recorder, bool modelled)
    : config_(config),
      runtime_(runtime),
      network_(network),
      recorder_(recorder),
      modelled_(modelled),
      authority_(make_authority(config, runtime, modelled)) {}

CertificateService::~CertificateService() = default;

bool CertificateService::listen() {
  listener_ =
      network_.listen({0, config_.authority_port}, [this](AcceptedStream accepted) { accept(std::move(accepted)); });
  return listener_ != nullptr;
}

void CertificateService::accept(AcceptedStream accepted) {
  Asker& asker = askers_.add(std::make_unique<Asker>(accepted.peer.ip));
  FramedStream::Handlers handlers;
  handlers.on_bytes = [this, &asker](std::string_view bytes) -> FramedStream::Refusal {
    SigningRequest request;
    if (const auto problem = decode(bytes, request)) return *problem;
    asker.stream->send(encode(answer(asker.ip, request)));
    return {};
  };
  handlers.on_object = [this, &asker](std::unique_ptr<Message> message) -> FramedStream::Refusal {
    const auto* request = dynamic_cast<const SigningRequest*>(message.get());
    if (request == nullptr) return "a message that is no certificate request";
    auto response = std::make_unique<SigningResponse>(answer(asker.ip, *request));
    const std::size_t size = encoded_size(*response);
    asker.stream->send(size, std::move(response));
    return {};
  };
  handlers.on_broken = [this, &asker](const std::string&) { askers_.remove(asker); };
  asker.stream = std::make_unique<FramedStream>(std::move(accepted.stream), std::move(handlers));
}

SigningResponse CertificateService::answer(std::uint32_t ip, const SigningRequest& request) {
  SigningResponse response;
  const Time now = runtime_.clock.now();
  response.refusal = why_not(ip, request.identity);
  if (response.refusal.empty()) {
    IssuedCertificate issued =
        authority_->issue(request.request_pem, request.identity, runtime_.clock.unix_zero() + now,
                          std::min(request.lifetime, config_.certificate_lifetime));
    if (issued.facts.not_after == 0) response.refusal = "the request is not signed by the key it names";
    response.facts = std::move(issued.facts);
    response.chain_pem = std::move(issued.chain_pem);
    if (modelled_) response.trust = authority_->trust();
  }
  if (response.refusal.empty()) {
    const Duration lifetime = std::min(request.lifetime, config_.certificate_lifetime);
    recorder_.event({now, "certificate", to_string(request.identity),
                     "signed for " + name_of(ip) + ", for " + std::to_string(lifetime / kSecond) + " s"});
  } else {
    recorder_.event({now, "certificate_refused", to_string(request.identity), response.refusal});
  }
  return response;
}

const PodDeclaration* CertificateService::pod_at(std::uint32_t ip) const {
  const auto pod = std::find_if(config_.pods.begin(), config_.pods.end(),
                                [ip](const PodDeclaration& declared) { return declared.ip == ip; });
  return pod == config_.pods.end() ? nullptr : &*pod;
}

std::string CertificateService::name_of(std::uint32_t ip) const {
  const PodDeclaration* pod = pod_at(ip);
  return pod == nullptr ? ip_to_string(ip) : pod->name;
}

std::string CertificateService::why_not(std::uint32_t ip, const SpiffeId& identity) const {
  const PodDeclaration* pod = pod_at(ip);
  if (pod == nullptr) return ip_to_string(ip) + " is no pod of the mesh";
  if (identity.trust_domain != config_.trust_domain) return "the trust domain is " + config_.trust_domain;
  const std::string asked = account_of(identity.name_space, identity.service_account);
  const std::string own = account_of(pod->name_space, pod->service_account);
  if (asked == own) return {};
  if (!pod->node_proxy) return pod->name + " runs as " + own;
  if (on_node(pod->node, asked)) return {};
  return "no pod on " + pod->node + " runs as " + asked;
}

bool CertificateService::on_node(const std::string& node, const std::string& account) const {
  return std::any_of(config_.pods.begin(), config_.pods.end(), [&](const PodDeclaration& pod) {
    return pod.node == node && account_of(pod.name_space, pod.service_account) == account && pod.mesh;
  });
}

}  // namespace meshtwin
