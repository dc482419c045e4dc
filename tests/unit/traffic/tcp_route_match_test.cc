#include "mesh/traffic/tcp_route_match.h"

#include <gtest/gtest.h>

namespace meshtwin {
namespace {

TEST(TcpRouteMatch, NamesSubnetsAndTheRest) {
  ListenerConfig listener;
  const auto add = [&](const char* cluster, std::vector<std::string> names, std::vector<std::string> subnets) {
    listener.tcp_routes.push_back({std::move(names), std::move(subnets), {{cluster, 1, {}}}});
  };
  add("any name", {"*"}, {});
  add("suffix", {"*.example.com"}, {});
  add("longer suffix", {"*.b.example.com"}, {});
  add("exact", {"a.example.com", "other"}, {});
  add("subnet", {}, {"10.1.0.0/16", "192.168.0.7"});
  add("rest", {}, {});
  const auto taken = [&](std::optional<std::string_view> name, SocketAddress to = {0x0a020001, 80}) -> std::string {
    const TcpRoute* route = find_tcp_route(listener, name, to);
    return route == nullptr ? "none" : route->clusters[0].cluster;
  };
  EXPECT_EQ(taken("a.example.com"), "exact");
  EXPECT_EQ(taken("A.Example.com"), "exact");
  EXPECT_EQ(taken("other"), "exact");
  EXPECT_EQ(taken("x.example.com"), "suffix");
  EXPECT_EQ(taken("x.b.example.com"), "longer suffix");
  EXPECT_EQ(taken("example.com"), "any name");
  EXPECT_EQ(taken(std::nullopt), "rest");
  EXPECT_EQ(taken(std::nullopt, {0x0a01ffff, 80}), "subnet");
  EXPECT_EQ(taken(std::nullopt, {0xc0a80007, 80}), "subnet");
  EXPECT_EQ(taken(std::nullopt, {0xc0a80008, 80}), "rest");
  EXPECT_TRUE(needs_server_name(listener));
  listener.tcp_routes.resize(1);
  EXPECT_EQ(taken(std::nullopt), "none");
}

TEST(TcpRouteMatch, Weights) {
  TcpRoute route;
  route.clusters = {{"a", 1, {}}, {"b", 0, {}}, {"c", 3, {}}};
  std::string picks;
  for (std::uint64_t draw = 0; draw < 8; ++draw) picks += pick_cluster(route, draw);
  EXPECT_EQ(picks, "acccaccc");
  route.clusters = {{"alone", 0, {}}};
  EXPECT_EQ(pick_cluster(route, 5), "alone");
}

TEST(TcpRouteMatch, Mistakes) {
  ListenerConfig listener;
  EXPECT_EQ(mistake_in_tcp_routes(listener), "");
  listener.tcp_routes = {{{}, {"10.0.0.0/33"}, {{"a", 1, {}}}}};
  EXPECT_EQ(mistake_in_tcp_routes(listener), "a TCP route to '10.0.0.0/33', which is no subnet");
  listener.tcp_routes = {{{}, {}, {}}};
  EXPECT_EQ(mistake_in_tcp_routes(listener), "a TCP route without a cluster");
  EXPECT_FALSE(parse_subnet("10.0.0/8").has_value());
  EXPECT_TRUE(parse_subnet("0.0.0.0/0")->contains(0xffffffff));
}

}  // namespace
}  // namespace meshtwin
