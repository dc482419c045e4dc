#include "mesh/control/visible_mesh.h"

#include <algorithm>
#include <set>

#include "mesh/control/host_names.h"

namespace meshtwin {
namespace {

// Of its namespace the first that selects it, else the first that selects nobody; else the root namespace's.
const SidecarResource* sidecar_for(const MeshConfig& mesh, const ProxyView& proxy) {
  const SidecarResource* best = nullptr;
  int best_rank = 0;
  for (const SidecarResource& sidecar : mesh.resources().sidecars) {
    int rank = 0;
    if (sidecar.meta.name_space == proxy.name_space) {
      if (sidecar.selector.empty())
        rank = 2;
      else if (selects(sidecar.selector, proxy.labels))
        rank = 3;
    } else if (sidecar.meta.name_space == kRootNamespace && sidecar.selector.empty()) {
      rank = 1;
    }
    if (rank > best_rank) {
      best = &sidecar;
      best_rank = rank;
    }
  }
  return best;
}

// "ns/host" of an egress entry.
bool lets_in(const std::string& entry, const std::string& own, const std::string& name_space, const std::string& host) {
  const std::size_t slash = entry.find('/');
  const std::string of = slash == std::string::npos ? "*" : entry.substr(0, slash);
  const std::string pattern = slash == std::string::npos ? entry : entry.substr(slash + 1);
  if (of == "~" || (of == "." && name_space != own) || (of != "." && of != "*" && of != name_space)) return false;
  return host_covers(pattern, host) || host_covers(host, pattern);
}

bool lets_in(const SidecarResource& sidecar, const std::string& name_space, const std::string& host) {
  return std::ranges::any_of(sidecar.egress, [&](const SidecarEgress& egress) {
    return std::ranges::any_of(egress.hosts, [&](const std::string& entry) {
      return lets_in(entry, sidecar.meta.name_space, name_space, host);
    });
  });
}

std::set<std::string> destinations_of(const VirtualService& service) {
  std::set<std::string> hosts;
  const auto add = [&](const Destination& destination) {
    hosts.insert(resolve_host(destination.host, service.meta.name_space));
  };
  for (const HttpRoute& route : service.http) {
    for (const RouteDestination& share : route.route) add(share.destination);
    for (const HttpMirror& mirror : route.mirrors) add(mirror.destination);
  }
  for (const auto* routes : {&service.tls, &service.tcp}) {
    for (const StreamRoute& route : *routes) {
      for (const RouteDestination& share : route.route) add(share.destination);
    }
  }
  return hosts;
}

// What its routes lead to is let in with a VirtualService.
void limit(const MeshConfig& mesh, const SidecarResource& sidecar, VisibleMesh& visible) {
  std::set<std::string> reached;
  std::erase_if(visible.virtual_services, [&](const VirtualService* service) {
    const bool in = std::ranges::any_of(
        service->hosts, [&](const std::string& host) { return lets_in(sidecar, service->meta.name_space, host); });
    if (in) reached.merge(destinations_of(*service));
    return !in;
  });
  std::erase_if(visible.services, [&](std::size_t place) {
    const MeshService& service = mesh.services()[place];
    return !lets_in(sidecar, service.name_space, service.host) && !reached.contains(service.host);
  });
}

}  // namespace

VisibleMesh visible_to(const MeshConfig& mesh, const ProxyView& proxy) {
  VisibleMesh visible;
  const auto& services = mesh.services().services();
  for (std::size_t place = 0; place < services.size(); ++place) {
    if (exported_to(services[place].export_to, services[place].name_space, proxy.name_space)) {
      visible.services.push_back(place);
    }
  }
  std::vector<const VirtualService*> to_all;
  for (const VirtualService& service : mesh.virtual_services()) {
    if (!exported_to(service.export_to, service.meta.name_space, proxy.name_space)) continue;
    const bool is_for_all =
        service.export_to.empty() || std::ranges::find(service.export_to, "*") != service.export_to.end();
    (is_for_all ? to_all : visible.virtual_services).push_back(&service);
  }
  visible.virtual_services.insert(visible.virtual_services.end(), to_all.begin(), to_all.end());
  if (proxy.kind != ProxyKind::sidecar) return visible;
  if (const SidecarResource* sidecar = sidecar_for(mesh, proxy)) {
    visible.registry_only = sidecar->registry_only;
    if (!sidecar->egress.empty()) limit(mesh, *sidecar, visible);
  }
  return visible;
}

VirtualServiceIndex::VirtualServiceIndex(const std::vector<const VirtualService*>& services,
                                         const std::string& gateway) {
  for (const VirtualService* service : services) {
    if (std::ranges::find(service->gateways, gateway) == service->gateways.end()) continue;
    for (const std::string& host : service->hosts) {
      if (!by_host_.emplace(host, service).second) continue;
      hosts_.emplace_back(host, service);
      if (host.starts_with('*')) wildcards_.push_back(host);
    }
  }
  std::ranges::stable_sort(wildcards_, std::ranges::greater{}, &std::string::size);
}

const VirtualService* VirtualServiceIndex::find(const std::string& host) const {
  if (const auto exact = by_host_.find(host); exact != by_host_.end()) return exact->second;
  for (const std::string& wildcard : wildcards_) {
    if (host_covers(wildcard, host)) return by_host_.at(wildcard);
  }
  return nullptr;
}

}  // namespace meshtwin
