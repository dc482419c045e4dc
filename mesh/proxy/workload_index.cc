#include "mesh/proxy/workload_index.h"

#include <algorithm>
#include <utility>

#include "mesh/wire/hbone.h"

namespace meshtwin {

void WorkloadIndex::set(std::shared_ptr<const WorkloadEntry> workload) {
  std::shared_ptr<const WorkloadEntry>& known = by_uid_[workload->uid];
  if (known != nullptr) unlink(*known);
  known = workload;
  for (const auto& [host, ports] : workload->services) {
    std::vector<const WorkloadEntry*>& members = members_[host];
    const auto place = std::ranges::lower_bound(members, workload->uid, {}, &WorkloadEntry::uid);
    members.insert(place, workload.get());
  }
  by_ip_[workload->ip] = std::move(workload);
}

void WorkloadIndex::set(std::shared_ptr<const ServiceEntryPoint> service) {
  std::shared_ptr<const ServiceEntryPoint>& known = by_host_[service->host];
  if (known != nullptr) by_vip_.erase(known->vip);
  known = service;
  by_vip_[service->vip] = std::move(service);
}

void WorkloadIndex::remove(std::string_view name) {
  if (const auto workload = by_uid_.find(name); workload != by_uid_.end()) {
    unlink(*workload->second);
    by_uid_.erase(workload);
    return;
  }
  auto service = by_host_.find(name);
  if (service == by_host_.end()) service = by_host_.find(name.substr(name.find('/') + 1));
  if (service == by_host_.end()) return;
  by_vip_.erase(service->second->vip);
  by_host_.erase(service);
}

void WorkloadIndex::unlink(const WorkloadEntry& workload) {
  for (const auto& [host, ports] : workload.services) std::erase(members_[host], &workload);
  const auto at = by_ip_.find(workload.ip);
  if (at != by_ip_.end() && at->second.get() == &workload) by_ip_.erase(at);
}

const WorkloadEntry* WorkloadIndex::find(std::uint32_t ip) const {
  const auto found = by_ip_.find(ip);
  return found == by_ip_.end() ? nullptr : found->second.get();
}

L4Route WorkloadIndex::route(SocketAddress destination, RandomStream& random) const {
  if (const auto service = by_vip_.find(destination.ip); service != by_vip_.end()) {
    L4Route route = to_service(*service->second, destination, random);
    route.service = service->second.get();
    return route;
  }
  if (const WorkloadEntry* workload = find(destination.ip)) return to_workload(*workload, destination.port);
  L4Route route;
  route.by = L4Route::By::passthrough;
  route.to = destination;
  return route;
}

L4Route WorkloadIndex::to_service(const ServiceEntryPoint& service, SocketAddress destination,
                                  RandomStream& random) const {
  L4Route route;
  if (service.waypoint.port != 0) {
    const WorkloadEntry* waypoint = find(service.waypoint.ip);
    if (waypoint == nullptr) return route;  // nobody could say whether it is the right one
    route.by = L4Route::By::hbone;
    route.to = service.waypoint;
    route.inside = destination;
    route.identity = to_string(waypoint->identity);
    route.workload = waypoint;
    return route;
  }
  const auto members = members_.find(service.host);
  if (members == members_.end()) return route;
  const auto port_of = [&](const WorkloadEntry& workload) -> std::uint16_t {
    const auto& ports = workload.services.at(service.host);
    const auto port = ports.find(destination.port);
    return !workload.healthy || port == ports.end() ? 0 : port->second;
  };
  const auto usable = std::ranges::count_if(members->second, [&](const auto* w) { return port_of(*w) != 0; });
  if (usable == 0) return route;
  std::uint64_t skip = usable == 1 ? 0 : random.below(static_cast<std::uint64_t>(usable));
  for (const WorkloadEntry* workload : members->second) {
    const std::uint16_t port = port_of(*workload);
    if (port != 0 && skip-- == 0) return to_workload(*workload, port);
  }
  return route;
}

L4Route WorkloadIndex::to_workload(const WorkloadEntry& workload, std::uint16_t port) {
  L4Route route;
  route.inside = {workload.ip, port};
  route.pod = workload.ip;
  route.workload = &workload;
  if (workload.hbone) {
    route.by = L4Route::By::hbone;
    route.to = {workload.ip, kHbonePort};
    route.identity = to_string(workload.identity);
  } else {
    route.by = L4Route::By::plain;
    route.to = route.inside;
  }
  return route;
}

}  // namespace meshtwin
