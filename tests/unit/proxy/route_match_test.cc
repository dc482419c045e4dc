#include "mesh/proxy/route_match.h"

#include <gtest/gtest.h>

namespace meshtwin {
namespace {

TEST(RouteMatch, Domains) {
  RouteConfig routes;
  const auto add = [&](const char* name, std::vector<std::string> domains) {
    routes.virtual_hosts.push_back({name, std::move(domains), {}});
  };
  add("any", {"*"});
  add("exact", {"a.b.c", "a.b.c:8080"});
  add("suffix", {"*.b.c"});
  add("longer suffix", {"*.x.b.c"});
  add("prefix", {"a.b.*"});
  add("longer prefix", {"a.b.d.*"});
  add("port", {"a.b.c:9090"});
  const struct {
    const char* authority;
    const char* host;
  } cases[] = {
      {"a.b.c", "exact"},       {"A.B.C", "exact"},           {"a.b.c:8080", "exact"}, {"a.b.c:9090", "port"},
      {"a.b.c:7070", "prefix"}, {"z.b.c", "suffix"},          {"z.b.c:1", "suffix"},   {"z.x.b.c", "longer suffix"},
      {"a.b.z", "prefix"},      {"a.b.d.z", "longer prefix"}, {"other", "any"},        {"", "any"}};
  for (const auto& c : cases) {
    const VirtualHost* found = find_virtual_host(routes, c.authority);
    ASSERT_NE(found, nullptr) << c.authority;
    EXPECT_EQ(found->name, c.host) << c.authority;
  }
  routes.virtual_hosts.erase(routes.virtual_hosts.begin());
  EXPECT_EQ(find_virtual_host(routes, "other"), nullptr);
}

TEST(RouteMatch, FirstPrefixWins) {
  VirtualHost host;
  for (const char* prefix : {"/api/v1", "/api", "/"}) {
    RouteConfigEntry route;
    route.match.path = route.name = prefix;
    host.routes.push_back(route);
  }
  EXPECT_EQ(find_route(host, "/api/v1/x")->name, "/api/v1");
  EXPECT_EQ(find_route(host, "/api/v2")->name, "/api");
  EXPECT_EQ(find_route(host, "/else")->name, "/");
  host.routes.pop_back();
  EXPECT_EQ(find_route(host, "/else"), nullptr);
}

}  // namespace
}  // namespace meshtwin
