// What finding a request's route costs: its virtual host among as many as there are, then its route among that host's.

#include <benchmark/benchmark.h>

#include "mesh/proxy/route_source.h"
#include "mesh/traffic/route_table.h"

namespace meshtwin {
namespace {

// Each virtual service: for some users, for a part of the paths, and for the rest.
RouteConfig routes_of(std::int64_t services) {
  RouteConfig config;
  config.name = "8080";
  for (std::int64_t i = 0; i < services; ++i) {
    const std::string name = "service-" + std::to_string(i);
    const std::string host = name + ".default.svc.cluster.local";
    VirtualHost& virtual_host = config.virtual_hosts.emplace_back();
    virtual_host.name = host + ":8080";
    virtual_host.domains = {host, host + ":8080", name, name + ":8080", name + ".default", name + ".default:8080"};
    const auto add = [&](const char* path, bool for_user) {
      RouteConfigEntry& route = virtual_host.routes.emplace_back();
      route.match.path = path;
      if (for_user) {
        route.match.headers = {{"end-user", {StringMatch::Kind::exact, "jason", false}, false},
                               {"cookie", {StringMatch::Kind::prefix, "canary", false}, false}};
      }
      route.cluster = "outbound|8080|v1|" + host;
    };
    add("/api/v1", true);
    add("/api", true);
    add("/", false);
  }
  return config;
}

std::vector<std::unique_ptr<RequestHead>> requests_of(std::int64_t services) {
  std::vector<std::unique_ptr<RequestHead>> requests;
  for (std::int64_t i = 0; i < services; ++i) {
    auto head = make_request("GET", "service-" + std::to_string(i) + ":8080", "/api/v1/reviews/7?page=2");
    head->headers.add("user-agent", "bench");
    head->headers.add("accept", "*/*");
    head->headers.add("x-request-id", "0f8fad5b-d9cb-469f-a165-70867728950e");
    head->headers.add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
    if (i % 2 == 0) head->headers.add("end-user", i % 4 == 0 ? "jason" : "someone");
    if (i % 4 == 0) head->headers.add("cookie", "canary=always");
    requests.push_back(std::move(head));
  }
  return requests;
}

void route_match(benchmark::State& state) {
  const RouteConfig config = routes_of(state.range(0));
  const auto requests = requests_of(state.range(0));
  const RouteTable& table = table_of(config);
  // Not in the order of the table.
  RandomStream random(1, "bench");
  std::vector<std::uint32_t> order(4096);
  for (std::uint32_t& place : order) place = static_cast<std::uint32_t>(random.below(requests.size()));
  std::size_t next = 0;
  for (auto _ : state) {
    const RequestHead& head = *requests[order[next++ % order.size()]];
    const RequestView view = view_of(head);
    benchmark::DoNotOptimize(table.find_route(table.find_host(view.authority), view));
  }
  state.SetItemsProcessed(state.iterations());
}

void compile_routes(benchmark::State& state) {
  const RouteConfig config = routes_of(state.range(0));
  for (auto _ : state) {
    const RouteTable table(config);
    benchmark::DoNotOptimize(&table);
  }
}

BENCHMARK(route_match)->Arg(10)->Arg(1000);
BENCHMARK(compile_routes)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace meshtwin

BENCHMARK_MAIN();
