#include "mesh/control/host_names.h"

#include <algorithm>

namespace meshtwin {

std::string service_host(const std::string& name, const std::string& name_space) {
  return name + '.' + name_space + ".svc.cluster.local";
}

std::string resolve_host(const std::string& name, const std::string& name_space) {
  if (name.find('.') != std::string::npos || name.starts_with('*')) return name;
  return service_host(name, name_space.empty() ? "default" : name_space);
}

std::string namespace_of_host(const std::string& host) {
  const std::size_t dot = host.find('.');
  const std::size_t svc = host.find(".svc.");
  return dot == std::string::npos || svc == std::string::npos || svc <= dot ? "default"
                                                                            : host.substr(dot + 1, svc - dot - 1);
}

bool host_covers(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with('*')) return pattern == host;
  return host.ends_with(pattern.substr(1));
}

std::optional<std::string> narrower_host(const std::string& a, const std::string& b) {
  if (host_covers(a, b)) return b;
  if (host_covers(b, a)) return a;
  return std::nullopt;
}

bool exported_to(std::span<const std::string> export_to, std::string_view owner, std::string_view name_space) {
  if (export_to.empty()) return true;
  return std::ranges::any_of(export_to, [&](const std::string& to) {
    return to == "*" || to == name_space || (to == "." && owner == name_space);
  });
}

}  // namespace meshtwin
