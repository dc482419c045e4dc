#include "mesh/traffic/route_table.h"

#include <algorithm>

namespace meshtwin {
namespace {

constexpr std::size_t kAuthorityOnStack = 256;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

bool has_prefix(std::string_view text, std::string_view prefix, bool ignore_case) {
  if (text.size() < prefix.size()) return false;
  return ignore_case ? equal_ignoring_case(text.substr(0, prefix.size()), prefix) : text.starts_with(prefix);
}

bool is_port(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

template <typename Map>
Map& of_length(std::vector<Map>& all, std::size_t length) {
  auto at = std::ranges::find_if(all, [length](const Map& map) { return map.length <= length; });
  if (at == all.end() || at->length != length) at = all.insert(at, Map{length, {}});
  return *at;
}

// What of an action cannot be carried out.
std::string mistake_in(const RouteConfigEntry& route) {
  const int actions = (route.cluster.empty() ? 0 : 1) + (route.weighted_clusters.empty() ? 0 : 1) +
                      (route.redirect.has_value() ? 1 : 0) + (route.direct_response.has_value() ? 1 : 0);
  if (actions == 0) return "a route without a cluster";
  if (actions > 1) return "a route with more than one action";
  std::uint64_t total = 0;
  for (const WeightedCluster& cluster : route.weighted_clusters) {
    if (cluster.cluster.empty()) return "a weighted cluster without a name";
    total += cluster.weight;
  }
  if (!route.weighted_clusters.empty() && total == 0) return "weighted clusters whose weights are all 0";
  if (total > 0xffffffff) return "weighted clusters whose weights sum to more than 4294967295";
  return {};
}

}  // namespace

Route::Route(const RouteConfigEntry& config, std::string& problem) : config_(config) {
  if (std::string mistake = mistake_in(config); !mistake.empty()) problem = std::move(mistake);
  if (config.match.path_kind == RouteMatch::PathKind::regex) path_regex_ = compile_regex(config.match.path, problem);
  for (const HeaderMatch& header : config.match.headers) {
    headers_.push_back({header.name, TextMatcher(header.value, problem), header.invert});
  }
  for (const auto& [name, value] : config.match.query_params) {
    query_params_.push_back({name, TextMatcher(value, problem)});
  }
  if (const auto& regex = config.rewrite.regex) {
    rewrite_regex_ = compile_regex(regex->first, problem);
    if (rewrite_regex_ != nullptr) {
      std::string mistake = mistake_in_replacement(*rewrite_regex_, regex->second);
      if (!mistake.empty()) problem = std::move(mistake);
    }
  }
  if (config.cors != nullptr) {
    for (const StringMatch& origin : config.cors->allow_origins) TextMatcher(origin, problem);
  }
  for (const WeightedCluster& cluster : config.weighted_clusters) total_weight_ += cluster.weight;
}

bool Route::path_matches(std::string_view path) const {
  const RouteMatch& match = config_.match;
  const std::string& wanted = match.path;
  switch (match.path_kind) {
    case RouteMatch::PathKind::prefix:
      // A CONNECT has no path: whatever takes every path takes it. (Envoy wants a matcher of its own for it.)
      return has_prefix(path, wanted, match.ignore_case) || (path.empty() && wanted == "/");
    case RouteMatch::PathKind::segments: {
      const std::string_view bare =
          wanted.ends_with('/') ? std::string_view(wanted).substr(0, wanted.size() - 1) : std::string_view(wanted);
      return has_prefix(path, bare, match.ignore_case) && (path.size() == bare.size() || path[bare.size()] == '/');
    }
    case RouteMatch::PathKind::exact:
      return match.ignore_case ? equal_ignoring_case(path, wanted) : path == wanted;
    case RouteMatch::PathKind::regex:
      return path_regex_ != nullptr && matches_whole(*path_regex_, path);
  }
  return false;
}

bool Route::headers_match(const RequestView& request) const {
  std::string space;
  for (const HeaderMatcher& header : headers_) {
    const auto value = request.header(header.name, space);
    if ((value.has_value() && header.value.matches(*value)) == header.invert) return false;
  }
  return true;
}

bool Route::matches(const RequestView& request, std::string_view path_alone) const {
  if (!path_matches(path_alone)) return false;
  if (!headers_.empty() && !headers_match(request)) return false;
  if (query_params_.empty()) return true;
  const std::string_view query = request.query();
  return std::ranges::all_of(query_params_, [query](const ParamMatcher& param) {
    const auto value = query_param(query, param.name);
    return value.has_value() && param.value.matches(*value);
  });
}

const WeightedCluster* Route::pick(std::uint64_t draw) const {
  if (config_.weighted_clusters.empty()) return nullptr;
  std::uint64_t left = draw % total_weight_;
  for (const WeightedCluster& cluster : config_.weighted_clusters) {
    if (left < cluster.weight) return &cluster;
    left -= cluster.weight;
  }
  return nullptr;
}

std::string Route::with_prefix(std::string_view path, const std::string& replacement) const {
  const std::size_t end = std::min(path.size(), path.find_first_of("?#"));
  std::size_t matched = std::min(config_.match.path.size(), end);
  if (config_.match.path_kind == RouteMatch::PathKind::regex) matched = end;
  std::string_view rest = path.substr(matched);
  if (config_.match.path_kind == RouteMatch::PathKind::segments) {  // whole elements, with one "/" between
    if (replacement.ends_with('/') && rest.starts_with('/')) rest.remove_prefix(1);
    if (replacement.empty() && !rest.starts_with('/')) return '/' + std::string(rest);
  }
  return replacement + std::string(rest);
}

std::string Route::rewritten(std::string_view path) const {
  const RewriteAction& rewrite = config_.rewrite;
  if (rewrite.prefix.has_value()) return with_prefix(path, *rewrite.prefix);
  const std::size_t end = std::min(path.size(), path.find_first_of("?#"));
  const std::string_view query = path.substr(end);
  if (rewrite.path.has_value()) return *rewrite.path + std::string(query);
  if (rewrite_regex_ == nullptr) return {};
  return replace_all(*rewrite_regex_, path.substr(0, end), rewrite.regex->second) + std::string(query);
}

RouteTable::RouteTable(const RouteConfig& routes) {
  hosts_.reserve(routes.virtual_hosts.size());
  for (const VirtualHost& host : routes.virtual_hosts) {
    const auto place = static_cast<std::uint32_t>(hosts_.size());
    if (host.domains.empty()) problem_ = "virtual host '" + host.name + "' has no domains";
    for (const std::string& domain : host.domains) add_domain(host, domain, place);
    std::vector<Route>& compiled = hosts_.emplace_back();
    compiled.reserve(host.routes.size());
    for (const RouteConfigEntry& route : host.routes) {
      std::string mistake;
      compiled.emplace_back(route, mistake);
      if (!mistake.empty()) problem_ = "virtual host '" + host.name + "': " + mistake;
    }
  }
}

void RouteTable::add_domain(const VirtualHost& host, std::string_view domain, std::uint32_t place) {
  const std::string name = to_lower(domain);
  const std::size_t star = name.find('*');
  if (name.empty() || (star != std::string::npos && star != 0 && star + 1 != name.size())) {
    problem_ = "virtual host '" + host.name + "': not a domain: '" + name + "'";
    return;
  }
  if (name == "*") {
    if (any_ == kNoHost) any_ = place;
  } else if (star == 0) {
    of_length(suffixes_, name.size() - 1).places.emplace(name.substr(1), place);
  } else if (star != std::string::npos) {
    of_length(prefixes_, name.size() - 1).places.emplace(name.substr(0, name.size() - 1), place);
  } else {
    exact_.emplace(name, place);
  }
}

std::uint32_t RouteTable::find_lower(std::string_view host, bool also_any) const {
  if (const auto at = exact_.find(host); at != exact_.end()) return at->second;
  for (const ByLength& suffix : suffixes_) {
    if (host.size() < suffix.length) continue;
    const auto at = suffix.places.find(host.substr(host.size() - suffix.length));
    if (at != suffix.places.end()) return at->second;
  }
  for (const ByLength& prefix : prefixes_) {
    if (host.size() < prefix.length) continue;
    const auto at = prefix.places.find(host.substr(0, prefix.length));
    if (at != prefix.places.end()) return at->second;
  }
  return also_any ? any_ : kNoHost;
}

std::uint32_t RouteTable::find_host(std::string_view authority) const {
  char on_stack[kAuthorityOnStack];
  std::string on_heap;
  char* text = on_stack;
  if (authority.size() > sizeof on_stack) {
    on_heap.resize(authority.size());
    text = on_heap.data();
  }
  std::ranges::transform(authority, text, lower);
  const std::string_view host(text, authority.size());
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || !is_port(host.substr(colon + 1))) return find_lower(host, true);
  if (const std::uint32_t found = find_lower(host, false); found != kNoHost) return found;
  return find_lower(host.substr(0, colon), true);
}

const Route* RouteTable::find_route(std::uint32_t host, const RequestView& request) const {
  const std::string_view path = request.path_alone();
  for (const Route& route : hosts_[host]) {
    if (route.matches(request, path)) return &route;
  }
  return nullptr;
}

const RouteTable& table_of(const RouteConfig& routes) {
  if (routes.table.table_ == nullptr) routes.table.table_ = std::make_shared<RouteTable>(routes);
  return *routes.table.table_;
}

}  // namespace meshtwin
