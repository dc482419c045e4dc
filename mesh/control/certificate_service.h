#pragma once

// The control plane's certificate authority: signs what proxies ask for over streams of their own (port 15012). Who
// asks is told by the address it dials from: a pod may have the identity of its service account, and a node's proxy
// those of the pods on its node; anything else is refused and written down. In Kubernetes a service account's token
// says the same.

#include <memory>
#include <string>

#include "mesh/control/certificate_messages.h"
#include "mesh/control/control_plane_config.h"
#include "mesh/control/framed_stream.h"
#include "mesh/identity/authority.h"
#include "mesh/runtime/network.h"
#include "mesh/runtime/runtime.h"
#include "mesh/telemetry/record.h"
#include "mesh/wire/owned_set.h"

namespace meshtwin {

class CertificateService {
 public:
  // `config` outlives the service.
  CertificateService(const ControlPlaneConfig& config, Runtime& runtime, Network& network, Recorder& recorder,
                     bool modelled);
  ~CertificateService();

  bool listen();  // false: the port is taken

 private:
  struct Asker;

  void accept(AcceptedStream accepted);
  SigningResponse answer(std::uint32_t ip, const SigningRequest& request);
  const PodDeclaration* pod_at(std::uint32_t ip) const;  // null: none
  std::string name_of(std::uint32_t ip) const;
  // Why not; empty: it may.
  std::string why_not(std::uint32_t ip, const SpiffeId& identity) const;
  bool on_node(const std::string& node, const std::string& account) const;

  const ControlPlaneConfig& config_;
  Runtime& runtime_;
  Network& network_;
  Recorder& recorder_;
  const bool modelled_;
  const std::unique_ptr<CertificateAuthority> authority_;
  Handle listener_;
  OwnedSet<Asker> askers_;
};

}  // namespace meshtwin
