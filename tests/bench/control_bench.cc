// What the control plane pays for its configuration: from the documents' text to a proxy's snapshot, and for a change
// of one pod. 1,000 services with ten pods and a VirtualService each.

#include <benchmark/benchmark.h>

#include <memory>

#include "mesh/base/socket_address.h"
#include "mesh/control/snapshot_store.h"
#include "mesh/resource/document_io.h"

namespace meshtwin {
namespace {

ControlPlaneConfig mesh_of(int services, int pods_each) {
  ControlPlaneConfig config;
  for (int s = 0; s < services; ++s) {
    const std::string name = "service-" + std::to_string(s);
    ServiceDeclaration service{name,
                               name + ".default.svc.cluster.local",
                               0x0a600001 + static_cast<std::uint32_t>(s),
                               {{"http", 8080, "http"}},
                               ""};
    service.selector = {{"app", name}};
    config.services.push_back(service);
    for (int i = 0; i < pods_each; ++i) {
      PodDeclaration pod;
      pod.pod = static_cast<std::uint32_t>(config.pods.size());
      pod.name = name + '-' + std::to_string(i);
      pod.ip = 0x0a000001 + pod.pod;
      pod.labels = {{"app", name}, {"version", i % 2 == 0 ? "v1" : "v2"}};
      config.pods.push_back(pod);
    }
    config.documents.push_back(
        {"{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: " + name + "}, spec: {hosts: [" +
             name + "], http: [{match: [{headers: {end-user: {exact: jason}}}], route: [{destination: {host: " + name +
             "}}]}, {route: [{destination: {host: " + name + "}}]}]}}",
         "bench.yaml", s + 1});
  }
  return config;
}

struct Plane {
  explicit Plane(const ControlPlaneConfig& config)
      : registry(config),
        store(config, std::make_shared<const MeshConfig>(config, read_documents(config.documents)), registry, true),
        proxies(store.class_of("sidecar~10.0.0.1~x~y", &config.pods.front())) {}

  PodRegistry registry;
  SnapshotStore store;
  ProxyClass proxies;
};

void documents_to_snapshot(benchmark::State& state) {
  const ControlPlaneConfig config = mesh_of(1000, 10);
  for (auto _ : state) {
    Plane plane(config);
    for (std::size_t pod = 0; pod < config.pods.size(); ++pod) plane.registry.set_health(pod, PodHealth::ready);
    benchmark::DoNotOptimize(plane.store.of(plane.proxies));
  }
}
BENCHMARK(documents_to_snapshot)->Unit(benchmark::kMillisecond);

void documents_to_values(benchmark::State& state) {
  const ControlPlaneConfig config = mesh_of(1000, 10);
  for (auto _ : state) benchmark::DoNotOptimize(read_documents(config.documents));
}
BENCHMARK(documents_to_values)->Unit(benchmark::kMillisecond);

void endpoint_change(benchmark::State& state) {
  const ControlPlaneConfig config = mesh_of(1000, 10);
  Plane plane(config);
  for (std::size_t pod = 0; pod < config.pods.size(); ++pod) plane.registry.set_health(pod, PodHealth::ready);
  plane.store.of(plane.proxies);
  bool ready = false;
  for (auto _ : state) {
    plane.registry.set_health(0, ready ? PodHealth::ready : PodHealth::unready);
    ready = !ready;
    const auto before = plane.store.of(plane.proxies);
    plane.store.advance(std::set<std::size_t>{0});
    benchmark::DoNotOptimize(differences(*before, *plane.store.of(plane.proxies)));
  }
}
BENCHMARK(endpoint_change)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace meshtwin

BENCHMARK_MAIN();
