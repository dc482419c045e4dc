#pragma once

// A service's application: an HTTP server whose requests take a worker, or wait in order for one, and then do what the
// handler's steps say: compute, call other services, fail. Draws are keyed by the request's place in its call path
// (mesh/wire/trace_context.h), so that both worlds draw the same.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "mesh/runtime/role.h"
#include "mesh/wire/owned_set.h"
#include "mesh/workload/service_client.h"
#include "mesh/workload/workload_config.h"
#include "mesh/workload/workload_metrics.h"

namespace meshtwin {

class Workload final : public Role {
 public:
  Workload(const WorkloadConfig& config, const RoleSurroundings& surroundings);
  ~Workload() override;

  void start(Callback on_ready) override;
  void slow(double factor) override { slow_ = factor; }
  void fail(double share) override { fail_share_ = share; }
  void begin(Callback) override { metrics_.begin(); }
  void report() override { metrics_.report(); }

  std::uint32_t busy() const { return busy_; }
  std::size_t queued() const { return queue_.size(); }

 private:
  class Connection;
  class Request;

  void on_accept(AcceptedStream accepted);
  void enqueue(Request& request);
  void withdraw(Request& request);  // its client is gone
  void release_worker();
  void dispatch();
  ServiceClient& client_of(const CallStep& call);

  const WorkloadConfig config_;
  const ClientSurroundings surroundings_;
  const RandomStream random_;  // of the service: the same for all its pods
  const RandomStream fault_random_;
  std::map<std::pair<std::string, std::uint16_t>, std::unique_ptr<ServiceClient>> clients_;
  std::deque<Request*> queue_;
  OwnedSet<Request> requests_;
  OwnedSet<Connection> connections_;
  std::uint32_t busy_ = 0;
  bool dispatching_ = false;
  WorkloadMetrics metrics_;
  double slow_ = 1;
  double fail_share_ = 0;
  Handle listener_;
};

}  // namespace meshtwin
