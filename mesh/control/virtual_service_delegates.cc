#include "mesh/control/virtual_service_delegates.h"

#include <algorithm>
#include <map>
#include <utility>

#include "mesh/control/host_names.h"

namespace meshtwin {
namespace {

using Kind = StringMatch::Kind;

// Whether nothing, or something that cannot be said in one match, satisfies both.
bool conflict(const StringMatch& root, const StringMatch& leaf) {
  if (root.kind == Kind::present || leaf.kind == Kind::present) return false;
  if (root.kind == Kind::regex || leaf.kind == Kind::regex) return true;
  if (root.kind == Kind::exact) return leaf.kind != Kind::exact || leaf.text != root.text;
  if (root.kind == Kind::prefix) return !leaf.text.starts_with(root.text);
  return root != leaf;
}

bool conflict(const std::optional<StringMatch>& root, const std::optional<StringMatch>& leaf) {
  return root && leaf && conflict(*root, *leaf);
}

bool conflict(const std::vector<NamedMatch>& root, const std::vector<NamedMatch>& leaf) {
  return std::ranges::any_of(leaf, [&root](const NamedMatch& of_leaf) {
    const auto same = std::ranges::find(root, of_leaf.first, &NamedMatch::first);
    return same != root.end() && conflict(same->second, of_leaf.second);
  });
}

bool conflict(const HttpMatch& root, const HttpMatch& leaf) {
  if (conflict(root.uri, leaf.uri) || conflict(root.scheme, leaf.scheme) || conflict(root.method, leaf.method) ||
      conflict(root.authority, leaf.authority) || conflict(root.headers, leaf.headers) ||
      conflict(root.without_headers, leaf.without_headers) || conflict(root.query_params, leaf.query_params)) {
    return true;
  }
  if (root.uri && leaf.uri && root.uri->ignore_case != leaf.uri->ignore_case) return true;
  if (root.port != 0 && leaf.port != 0 && root.port != leaf.port) return true;
  if (!root.source_namespace.empty() && !leaf.source_namespace.empty() &&
      root.source_namespace != leaf.source_namespace) {
    return true;
  }
  return std::ranges::any_of(root.source_labels, [&leaf](const auto& label) {
    const auto same = leaf.source_labels.find(label.first);
    return same != leaf.source_labels.end() && same->second != label.second;
  });
}

void put_missing(const std::vector<NamedMatch>& root, std::vector<NamedMatch>& leaf) {
  for (const NamedMatch& match : root) {
    if (std::ranges::find(leaf, match.first, &NamedMatch::first) == leaf.end()) leaf.push_back(match);
  }
}

HttpMatch both(const HttpMatch& root, HttpMatch leaf) {
  const auto put = [](const auto& from, auto& into) {
    if (!into) into = from;
  };
  if (!leaf.uri) leaf.uri_segments = root.uri_segments;
  put(root.uri, leaf.uri);
  put(root.scheme, leaf.scheme);
  put(root.method, leaf.method);
  put(root.authority, leaf.authority);
  put_missing(root.headers, leaf.headers);
  put_missing(root.without_headers, leaf.without_headers);
  put_missing(root.query_params, leaf.query_params);
  if (leaf.port == 0) leaf.port = root.port;
  leaf.source_labels.insert(root.source_labels.begin(), root.source_labels.end());
  if (leaf.source_namespace.empty()) leaf.source_namespace = root.source_namespace;
  leaf.gateways = root.gateways;
  if (leaf.name.empty() || root.name.empty()) {
    leaf.name += root.name;
  } else {
    leaf.name = root.name + '-' + leaf.name;
  }
  return leaf;
}

// False: a match of the leaf's could never be under one of the root's.
bool merge_matches(const std::vector<HttpMatch>& root, std::vector<HttpMatch>& leaf) {
  if (root.empty()) return true;
  if (leaf.empty()) {
    leaf = root;
    return true;
  }
  std::vector<HttpMatch> merged;
  for (const HttpMatch& of_leaf : leaf) {
    const std::size_t before = merged.size();
    for (const HttpMatch& of_root : root) {
      if (!conflict(of_root, of_leaf)) merged.push_back(both(of_root, of_leaf));
    }
    if (merged.size() == before) return false;
  }
  leaf = std::move(merged);
  return true;
}

void put_settings(const HttpRoute& root, HttpRoute& leaf) {
  const auto put = [](const auto& from, auto& into) {
    if (!into) into = from;
  };
  leaf.name = leaf.name.empty() ? root.name : root.name.empty() ? leaf.name : root.name + '-' + leaf.name;
  put(root.rewrite, leaf.rewrite);
  put(root.timeout, leaf.timeout);
  put(root.retries, leaf.retries);
  put(root.fault, leaf.fault);
  put(root.cors, leaf.cors);
  if (leaf.mirrors.empty()) leaf.mirrors = root.mirrors;
  if (leaf.headers.empty()) leaf.headers = root.headers;
}

// Destinations are of the delegate's namespace, which its names no longer say once they stand elsewhere.
void resolve_destinations(HttpRoute& route, const std::string& name_space) {
  for (RouteDestination& share : route.route) {
    share.destination.host = resolve_host(share.destination.host, name_space);
  }
  for (HttpMirror& mirror : route.mirrors) mirror.destination.host = resolve_host(mirror.destination.host, name_space);
}

using ByName = std::map<std::pair<std::string, std::string>, const VirtualService*>;

void put_delegate(const HttpRoute& root, const VirtualService& owner, const ByName& delegates,
                  std::vector<HttpRoute>& into) {
  const auto& [name, name_space] = *root.delegate;
  const auto found = delegates.find({name_space.empty() ? owner.meta.name_space : name_space, name});
  if (found == delegates.end()) return;
  const VirtualService& delegate = *found->second;
  if (!exported_to(delegate.export_to, delegate.meta.name_space, owner.meta.name_space)) return;
  for (HttpRoute leaf : delegate.http) {
    if (leaf.delegate || !merge_matches(root.matches, leaf.matches)) continue;
    resolve_destinations(leaf, delegate.meta.name_space);
    put_settings(root, leaf);
    into.push_back(std::move(leaf));
  }
}

}  // namespace

std::vector<VirtualService> merge_delegates(const std::vector<VirtualService>& services) {
  ByName delegates;
  for (const VirtualService& service : services) {
    if (service.hosts.empty()) delegates.emplace(std::pair(service.meta.name_space, service.meta.name), &service);
  }
  std::vector<VirtualService> merged;
  for (const VirtualService& service : services) {
    if (service.hosts.empty()) continue;
    VirtualService& root = merged.emplace_back(service);
    if (std::ranges::none_of(root.http, [](const HttpRoute& route) { return route.delegate.has_value(); })) continue;
    std::vector<HttpRoute> routes;
    for (const HttpRoute& route : service.http) {
      if (route.delegate) {
        put_delegate(route, service, delegates, routes);
      } else {
        routes.push_back(route);
      }
    }
    root.http = std::move(routes);
  }
  return merged;
}

}  // namespace meshtwin
