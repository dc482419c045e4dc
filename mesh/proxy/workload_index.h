#pragma once

// What a ztunnel knows of the mesh, and where it sends a connection: the workloads by address and the services by
// virtual address, as the control plane tells them.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/random.h"
#include "mesh/base/socket_address.h"
#include "mesh/control/workload_entry.h"

namespace meshtwin {

struct L4Route {
  enum class By : unsigned char {
    nowhere,      // a service without a healthy endpoint, or without that port
    passthrough,  // not the mesh's: as the application dialled
    plain,        // an endpoint without HBONE
    hbone,
  };
  By by = By::nowhere;
  SocketAddress to;       // what to dial; with hbone the 15008 of the pod's ztunnel, or of the waypoint
  SocketAddress inside;   // with hbone: what to ask for
  std::string identity;   // with hbone: the one it must have
  std::uint32_t pod = 0;  // the endpoint's address; 0: a waypoint or nobody of the mesh, who chooses after this
  // The index's own: the endpoint or the waypoint, and the service that was dialled. Null: none.
  const WorkloadEntry* workload = nullptr;
  const ServiceEntryPoint* service = nullptr;
};

class WorkloadIndex {
 public:
  void set(std::shared_ptr<const WorkloadEntry> workload);
  void set(std::shared_ptr<const ServiceEntryPoint> service);
  // A workload by its uid; a service by its host, or "namespace/host".
  void remove(std::string_view name);

  // A service's endpoint is drawn; among the healthy ones all are alike.
  L4Route route(SocketAddress destination, RandomStream& random) const;
  const WorkloadEntry* find(std::uint32_t ip) const;

 private:
  void unlink(const WorkloadEntry& workload);
  L4Route to_service(const ServiceEntryPoint& service, SocketAddress destination, RandomStream& random) const;
  static L4Route to_workload(const WorkloadEntry& workload, std::uint16_t port);

  std::map<std::string, std::shared_ptr<const WorkloadEntry>, std::less<>> by_uid_;
  std::map<std::uint32_t, std::shared_ptr<const WorkloadEntry>> by_ip_;
  std::map<std::string, std::shared_ptr<const ServiceEntryPoint>, std::less<>> by_host_;
  std::map<std::uint32_t, std::shared_ptr<const ServiceEntryPoint>> by_vip_;
  std::map<std::string, std::vector<const WorkloadEntry*>, std::less<>> members_;  // of a service; by uid
};

}  // namespace meshtwin
