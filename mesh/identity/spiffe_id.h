#pragma once

// Who a workload is: spiffe://<trust domain>/ns/<namespace>/sa/<service account>, as Istio names it.

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace meshtwin {

struct SpiffeId {
  std::string trust_domain = "cluster.local";
  std::string name_space = "default";
  std::string service_account = "default";

  auto operator<=>(const SpiffeId&) const = default;
};

std::string to_string(const SpiffeId& id);
std::optional<SpiffeId> parse_spiffe_id(std::string_view uri);  // none: not such a URI

}  // namespace meshtwin
