#include "mesh/traffic/route_table.h"

#include <gtest/gtest.h>

#include <map>

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

using Fields = std::map<std::string, std::string, std::less<>>;
using Kind = StringMatch::Kind;
using PathKind = RouteMatch::PathKind;

std::optional<std::string_view> field_of(const void* fields, std::string_view name, std::string&) {
  const Fields& all = *static_cast<const Fields*>(fields);
  const auto at = all.find(name);
  return at == all.end() ? std::nullopt : std::optional<std::string_view>(at->second);
}

RequestView request(std::string_view path, const Fields& fields = {}, std::string_view method = "GET") {
  static Fields kept;
  kept = fields;
  return {"a.b.c", path, method, &kept, field_of};
}

bool matches(const RouteMatch& match, const RequestView& request) {
  RouteConfigEntry entry;
  entry.match = match;
  entry.cluster = "c";
  std::string problem;
  const Route route(entry, problem);
  EXPECT_EQ(problem, "");
  return route.matches(request);
}

TEST(RouteTable, Domains) {
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
      {"a.b.z", "prefix"},      {"a.b.d.z", "longer prefix"}, {"other", "any"},        {"", "any"},
      {"other:80", "any"}};
  for (const auto& c : cases) {
    const std::uint32_t found = table_of(routes).find_host(c.authority);
    ASSERT_NE(found, RouteTable::kNoHost) << c.authority;
    EXPECT_EQ(routes.virtual_hosts[found].name, c.host) << c.authority;
  }
  RouteConfig without = routes;
  without.virtual_hosts.erase(without.virtual_hosts.begin());
  EXPECT_EQ(table_of(without).find_host("other"), RouteTable::kNoHost);
  EXPECT_NE(table_of(without).find_host(std::string(1000, 'x') + ".b.c"), RouteTable::kNoHost);
}

TEST(RouteTable, TheFirstRouteThatMatchesWins) {
  RouteConfig routes;
  routes.virtual_hosts = {{"v", {"*"}, {}}};
  for (const char* prefix : {"/api/v1", "/api", "/"}) {
    RouteConfigEntry& route = routes.virtual_hosts[0].routes.emplace_back();
    route.match.path = route.name = prefix;
    route.cluster = "c";
  }
  const auto name = [](const RouteConfig& of, std::string_view path) {
    const Route* route = table_of(of).find_route(0, request(path));
    return route == nullptr ? std::string() : route->config().name;
  };
  EXPECT_EQ(name(routes, "/api/v1/x"), "/api/v1");
  EXPECT_EQ(name(routes, "/api/v2?x=/api/v1"), "/api");
  EXPECT_EQ(name(routes, "/else"), "/");
  EXPECT_EQ(name(routes, ""), "/") << "a CONNECT";
  RouteConfig two = routes;
  two.virtual_hosts[0].routes.pop_back();
  EXPECT_EQ(name(two, "/else"), "");
}

TEST(RouteTable, Paths) {
  const struct {
    PathKind kind;
    const char* path;
    bool ignore_case;
    const char* asked;
    bool matches;
  } cases[] = {
      {PathKind::prefix, "/foo", false, "/foobar", true},    {PathKind::prefix, "/foo", false, "/FOO", false},
      {PathKind::prefix, "/foo", true, "/FOO/x", true},      {PathKind::prefix, "/foo", false, "/x?/foo", false},
      {PathKind::segments, "/foo", false, "/foobar", false}, {PathKind::segments, "/foo", false, "/foo", true},
      {PathKind::segments, "/foo", false, "/foo/bar", true}, {PathKind::segments, "/foo", false, "/foo?x", true},
      {PathKind::segments, "/foo/", false, "/foo", true},    {PathKind::segments, "/", false, "/anything", true},
      {PathKind::exact, "/foo", false, "/foo?a=b#c", true},  {PathKind::exact, "/foo", false, "/foo/", false},
      {PathKind::exact, "/foo", true, "/Foo", true},         {PathKind::regex, "/v[0-9]+/.*", false, "/v1/x?y", true},
      {PathKind::regex, "/v[0-9]", false, "/v12", false},    {PathKind::regex, "/v[0-9]", false, "/v1?v2", true}};
  for (const auto& c : cases) {
    RouteMatch match;
    match.path_kind = c.kind;
    match.path = c.path;
    match.ignore_case = c.ignore_case;
    EXPECT_EQ(matches(match, request(c.asked)), c.matches) << c.path << " " << c.asked;
  }
}

TEST(RouteTable, HeadersAndQueries) {
  const Fields fields = {{"end-user", "jason"}, {"x-empty", ""}, {"x-forwarded-proto", "https"}};
  const struct {
    HeaderMatch header;
    bool matches;
  } cases[] = {{{"end-user", {Kind::present, "", false}, false}, true},
               {{"end-user", {Kind::present, "", false}, true}, false},
               {{"other", {Kind::present, "", false}, true}, true},
               {{"x-empty", {Kind::present, "", false}, false}, true},
               {{"end-user", {Kind::exact, "jason", false}, false}, true},
               {{"end-user", {Kind::exact, "JASON", false}, false}, false},
               {{"end-user", {Kind::exact, "JASON", true}, false}, true},
               {{"end-user", {Kind::prefix, "jas", false}, false}, true},
               {{"end-user", {Kind::suffix, "SON", true}, false}, true},
               {{"end-user", {Kind::contains, "aso", false}, false}, true},
               {{"end-user", {Kind::contains, "ASO", true}, false}, true},
               {{"end-user", {Kind::contains, "x", false}, true}, true},
               {{"end-user", {Kind::regex, "j.*n", false}, false}, true},
               {{"end-user", {Kind::regex, "j.*o", false}, false}, false},
               {{"absent", {Kind::regex, ".*", false}, false}, false},
               {{":method", {Kind::exact, "GET", false}, false}, true},
               {{":authority", {Kind::suffix, ".b.c", false}, false}, true},
               {{":scheme", {Kind::exact, "https", false}, false}, true}};
  for (const auto& c : cases) {
    RouteMatch match;
    match.headers = {c.header};
    EXPECT_EQ(matches(match, request("/", fields)), c.matches) << c.header.name << " " << c.header.value.text;
  }
  RouteMatch query;
  query.query_params = {{"v", {Kind::exact, "2", false}}, {"debug", {Kind::present, "", false}}};
  EXPECT_TRUE(matches(query, request("/x?a=1&v=2&debug")));
  EXPECT_FALSE(matches(query, request("/x?v=2")));
  EXPECT_FALSE(matches(query, request("/x?v=3&debug")));
  EXPECT_FALSE(matches(query, request("/v=2&debug")));
}

// Within four standard deviations of the binomial.
TEST(RouteTable, WeightsAreShares) {
  RouteConfigEntry entry;
  for (const std::uint32_t weight : {60U, 20U, 0U, 20U}) {
    entry.weighted_clusters.push_back({"c" + std::to_string(entry.weighted_clusters.size()), weight, {}});
  }
  std::string problem;
  const Route route(entry, problem);
  ASSERT_EQ(problem, "");
  RandomStream random(1, "weights");
  std::map<std::string, int> counts;
  constexpr int kDraws = 100'000;
  for (int i = 0; i < kDraws; ++i) ++counts[route.pick(random.bits())->cluster];
  EXPECT_EQ(counts.count("c2"), 0U);
  EXPECT_NEAR(counts["c0"], 60'000, 4 * 155);
  EXPECT_NEAR(counts["c1"], 20'000, 4 * 127);
  EXPECT_NEAR(counts["c3"], 20'000, 4 * 127);
}

TEST(RouteTable, Rewrites) {
  const auto rewritten = [](PathKind kind, const char* path, const RewriteAction& rewrite, const char* asked) {
    RouteConfigEntry entry;
    entry.cluster = "c";
    entry.match.path_kind = kind;
    entry.match.path = path;
    entry.rewrite = rewrite;
    std::string problem;
    const Route route(entry, problem);
    EXPECT_EQ(problem, "");
    return route.rewritten(asked);
  };
  RewriteAction prefix;
  prefix.prefix = "/new";
  EXPECT_EQ(rewritten(PathKind::prefix, "/old", prefix, "/old/x?q=1"), "/new/x?q=1");
  EXPECT_EQ(rewritten(PathKind::exact, "/old", prefix, "/old?q"), "/new?q");
  EXPECT_EQ(rewritten(PathKind::regex, "/o.*", prefix, "/old?q"), "/new?q");
  prefix.prefix = "/";
  EXPECT_EQ(rewritten(PathKind::segments, "/old", prefix, "/old/x"), "/x");
  EXPECT_EQ(rewritten(PathKind::segments, "/old", prefix, "/old"), "/");
  prefix.prefix = "";
  EXPECT_EQ(rewritten(PathKind::segments, "/old", prefix, "/old"), "/");
  RewriteAction path;
  path.path = "/whole";
  EXPECT_EQ(rewritten(PathKind::prefix, "/", path, "/a/b?q"), "/whole?q");
  RewriteAction regex;
  regex.regex = {"^/service/([^/]+)(/.*)$", "\\2/instance/\\1"};
  EXPECT_EQ(rewritten(PathKind::prefix, "/", regex, "/service/foo/v1/api?q=/service/"),
            "/v1/api/instance/foo?q=/service/");
  EXPECT_EQ(rewritten(PathKind::prefix, "/", {}, "/x"), "");
}

TEST(RouteTable, SaysWhatCannotBeActedOn) {
  const auto problem_of = [](const auto& change) {
    RouteConfig routes;
    routes.virtual_hosts = {{"v", {"*"}, {RouteConfigEntry{}}}};
    routes.virtual_hosts[0].routes[0].cluster = "c";
    change(routes.virtual_hosts[0].routes[0]);
    return table_of(routes).problem();
  };
  EXPECT_EQ(problem_of([](RouteConfigEntry&) {}), "");
  EXPECT_EQ(problem_of([](RouteConfigEntry& r) { r.cluster.clear(); }), "virtual host 'v': a route without a cluster");
  EXPECT_EQ(problem_of([](RouteConfigEntry& r) { r.direct_response.emplace(); }),
            "virtual host 'v': a route with more than one action");
  EXPECT_NE(problem_of([](RouteConfigEntry& r) {
              r.match.path_kind = PathKind::regex;
              r.match.path = "/(";
            }).find("regular expression '/('"),
            std::string::npos);
  EXPECT_NE(problem_of([](RouteConfigEntry& r) { r.match.headers = {{"x", {Kind::regex, "*", false}, false}}; }), "");
  EXPECT_NE(problem_of([](RouteConfigEntry& r) { r.match.query_params = {{"x", {Kind::regex, "[", false}}}; }), "");
  EXPECT_NE(problem_of([](RouteConfigEntry& r) { r.rewrite.regex = {"(a)", "\\2"}; }), "");
  EXPECT_NE(problem_of([](RouteConfigEntry& r) {
              auto cors = std::make_shared<CorsRules>();
              cors->allow_origins = {{Kind::regex, "(", false}};
              r.cors = cors;
            }),
            "");
  EXPECT_EQ(problem_of([](RouteConfigEntry& r) {
              r.cluster.clear();
              r.weighted_clusters = {{"a", 0, {}}, {"b", 0, {}}};
            }),
            "virtual host 'v': weighted clusters whose weights are all 0");
  RouteConfig bad_domain;
  bad_domain.virtual_hosts = {{"v", {"a.*.b"}, {}}};
  EXPECT_NE(table_of(bad_domain).problem(), "");
}

}  // namespace
}  // namespace meshtwin
