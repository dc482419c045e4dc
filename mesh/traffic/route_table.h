#pragma once

// A route configuration laid out for matching: domains in hash tables, expressions compiled. It depends on the
// configuration alone, so all proxies that share one share it. Pure: a request is a RequestView, chance an argument.
//
// Domains match as Envoy's do: the exact name first, then the longest "*.suffix", then the longest "prefix.*", then
// "*". A port in the authority is ignored where no domain has it. Of a virtual host's routes the first that matches is
// taken.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mesh/base/text_hash.h"
#include "mesh/traffic/config.h"
#include "mesh/traffic/request_view.h"
#include "mesh/traffic/text_matcher.h"

namespace meshtwin {

class Route {
 public:
  // `config` outlives the route. `problem`: what cannot be acted on, where something cannot.
  Route(const RouteConfigEntry& config, std::string& problem);

  const RouteConfigEntry& config() const { return config_; }
  bool matches(const RequestView& request) const { return matches(request, request.path_alone()); }
  bool matches(const RequestView& request, std::string_view path_alone) const;
  // Null: the route's one cluster, or none. `draw`: any number, as likely as any other.
  const WeightedCluster* pick(std::uint64_t draw) const;
  // The path that takes the place of the request's, its query as it was; empty: it stays.
  std::string rewritten(std::string_view path) const;
  // What takes the place of the part that matched, `replacement` for it.
  std::string with_prefix(std::string_view path, const std::string& replacement) const;
  // Whether something stands between the connection and the cluster: faults, CORS.
  bool is_filtered() const { return config_.fault.has_value() || config_.cors != nullptr; }

 private:
  struct HeaderMatcher {
    std::string_view name;
    TextMatcher value;
    bool invert;
  };
  struct ParamMatcher {
    std::string_view name;
    TextMatcher value;
  };

  bool path_matches(std::string_view path) const;  // `path` without its query
  bool headers_match(const RequestView& request) const;

  const RouteConfigEntry& config_;
  std::shared_ptr<const re2::RE2> path_regex_;
  std::shared_ptr<const re2::RE2> rewrite_regex_;
  std::vector<HeaderMatcher> headers_;
  std::vector<ParamMatcher> query_params_;
  std::uint64_t total_weight_ = 0;
};

class RouteTable {
 public:
  explicit RouteTable(const RouteConfig& routes);

  // Places in RouteConfig::virtual_hosts.
  static constexpr std::uint32_t kNoHost = 0xffffffff;
  std::uint32_t find_host(std::string_view authority) const;
  // Null: none of the host's routes takes it.
  const Route* find_route(std::uint32_t host, const RequestView& request) const;
  // What of the configuration cannot be acted on; empty: nothing.
  const std::string& problem() const { return problem_; }

 private:
  using Places = std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>>;
  struct ByLength {  // of affixes, the longest first
    std::size_t length = 0;
    Places places;
  };

  void add_domain(const VirtualHost& host, std::string_view domain, std::uint32_t place);
  std::uint32_t find_lower(std::string_view host, bool also_any) const;

  std::vector<std::vector<Route>> hosts_;
  Places exact_;
  std::vector<ByLength> suffixes_;
  std::vector<ByLength> prefixes_;
  std::uint32_t any_ = kNoHost;
  std::string problem_;
};

// Of a configuration that outlives the table.
const RouteTable& table_of(const RouteConfig& routes);

}  // namespace meshtwin
