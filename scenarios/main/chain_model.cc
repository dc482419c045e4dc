#include "scenarios/main/chain_model.h"

#include <stdexcept>
#include <utility>

#include "emu/calibrate/chain.h"
#include "mesh/telemetry/record.h"
#include "sim/world.h"

namespace meshtwin {
namespace {

class LatencyRecorder final : public Recorder {
 public:
  void request(const RequestRecord& record) override {
    if (record.failure != Failure::none) throw std::runtime_error("a modelled request failed");
    latency.add(record.done - record.intended);
  }
  void attempt(const AttemptRecord&) override {}
  void access(AccessRecord) override {}
  void span(const SpanRecord&) override {}
  void metric(MetricRecord) override {}
  void event(EventRecord) override {}
  Histogram latency;
};

constexpr const char* kRoleNames[kChainRoles] = {"load", "client sidecar", "server sidecar", "workload"};

}  // namespace

Plan plan_of_chain(const ChainShape& shape, bool capture) {
  Plan plan;
  plan.zones = {{"a", ""}};
  plan.nodes = {{"a-0", 0, 0}};
  PodPlan client;
  client.name = "client";
  client.ip = chain_client_ip(shape);
  client.capture = capture ? Capture::sidecar : Capture::none;
  PodPlan server = client;
  server.name = "server";
  server.ip = chain_server_ip(shape);
  plan.pods = {client, server};
  for (const auto& [name, ips] : chain_hosts(shape)) plan.hosts[name] = ips;
  return plan;
}

ModelledChain model_chain(const CostProfile& profile, const ChainShape& shape) {
  Plan plan = plan_of_chain(shape, shape.sidecars);
  plan.duration = shape.length;
  plan.pods[0].roles = {{kRoleNames[0], LoadConfig()}};
  plan.pods[1].roles = {{kRoleNames[3], WorkloadConfig()}};
  if (shape.sidecars) {
    SidecarConfig inbound;
    inbound.app_port = kChainPort;
    plan.pods[0].roles.push_back({kRoleNames[1], SidecarConfig()});
    plan.pods[1].roles.push_back({kRoleNames[2], inbound});
  }
  LatencyRecorder recorder;
  const auto world =
      make_sim_world(plan, {profile}, recorder, [&](const RoleConfig& config, const RoleSurroundings& surroundings) {
        ChainRole role = ChainRole::workload;
        if (std::holds_alternative<LoadConfig>(config)) role = ChainRole::load;
        if (const auto* sidecar = std::get_if<SidecarConfig>(&config)) {
          role = sidecar->app_port == 0 ? ChainRole::client_sidecar : ChainRole::server_sidecar;
        }
        return make_chain_role(role, shape, surroundings);
      });
  const RunReport report = world->run([] {});
  ModelledChain modelled;
  modelled.latency = std::move(recorder.latency);
  for (std::size_t i = 0; i < kChainRoles; ++i) {
    if (takes_part(static_cast<ChainRole>(i), shape)) {
      modelled.cpu[i] = static_cast<double>(report.roles.at(kRoleNames[i]).cpu);
    }
  }
  return modelled;
}

}  // namespace meshtwin
