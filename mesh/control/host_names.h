#pragma once

// Names of hosts as Istio's documents write them: short ones of a namespace, wildcards, and who may see what.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace meshtwin {

inline constexpr const char* kRootNamespace = "istio-system";  // whose documents are for the whole mesh

// "reviews" of namespace "shop" -> "reviews.shop.svc.cluster.local"; what has a dot, or is "*", is whole already.
std::string resolve_host(const std::string& name, const std::string& name_space);
std::string service_host(const std::string& name, const std::string& name_space);
// "shop" of "reviews.shop.svc.cluster.local"; "default" of a host that is no Kubernetes service.
std::string namespace_of_host(const std::string& host);

// Whether every host that `host` stands for is one of `pattern`: "*.shop" covers "a.shop" and "*.b.shop".
bool host_covers(std::string_view pattern, std::string_view host);
// What both stand for: the narrower of them.
std::optional<std::string> narrower_host(const std::string& a, const std::string& b);

// Whether what `owner` exports to these (names of namespaces, ".", "*"; none: everybody) is seen in `name_space`.
bool exported_to(std::span<const std::string> export_to, std::string_view owner, std::string_view name_space);

}  // namespace meshtwin
