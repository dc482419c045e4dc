#include "mesh/control/delta_client.h"

#include <algorithm>

namespace meshtwin {
namespace {

bool is_wildcard(XdsKind kind) {
  return kind == XdsKind::cluster || kind == XdsKind::listener;
}

}  // namespace

std::vector<DeltaRequest> DeltaClient::open(const std::string& node_id) {
  for (Kind& kind : kinds_) kind.open = false;
  std::vector<DeltaRequest> requests;
  for (std::size_t k = 0; k < kXdsKindCount; ++k) {
    const auto kind = static_cast<XdsKind>(k);
    if (is_wildcard(kind) || !of(kind).names.empty()) requests.push_back(first_request(kind));
  }
  requests.front().node_id = node_id;
  return requests;
}

DeltaRequest DeltaClient::first_request(XdsKind kind) {
  Kind& state = of(kind);
  state.open = true;
  DeltaRequest request;
  request.type_url = type_url_of(kind);
  for (const auto& [name, wanted] : state.names) {
    if (!is_wildcard(kind)) request.subscribe.push_back(name);
    if (!wanted.version.empty()) request.initial_versions.emplace(name, wanted.version);
  }
  return request;
}

std::vector<DeltaRequest> DeltaClient::take(const DeltaResponse& response) {
  const auto kind = kind_of_type_url(response.type_url);
  DeltaRequest answer;
  answer.type_url = response.type_url;
  answer.nonce = response.nonce;
  if (!kind) {
    answer.error = "unknown type";
    return {answer};
  }
  of(*kind).answered = true;
  std::string refusals;
  for (const XdsResourcePtr& resource : response.resources) take_resource(*kind, *resource, refusals);
  for (const std::string& name : response.removed) take_removal(*kind, name);
  if (!refusals.empty()) answer.error = std::move(refusals);
  std::vector<DeltaRequest> requests{std::move(answer)};
  if (*kind == XdsKind::cluster) follow_references(XdsKind::endpoints, requests);
  if (*kind == XdsKind::listener) follow_references(XdsKind::routes, requests);
  return requests;
}

void DeltaClient::take_resource(XdsKind kind, const XdsResource& resource, std::string& refusals) {
  auto& names = of(kind).names;
  auto wanted = names.find(resource.name);
  if (wanted == names.end()) {
    if (!is_wildcard(kind)) return;  // not asked for: allowed, and of no use
    wanted = names.emplace(resource.name, Wanted{}).first;
  }
  wanted->second.answered = true;
  std::optional<std::string> problem;
  if (!resource.problem.empty()) {
    problem = resource.problem;
  } else {
    problem = hand_over(resource);
  }
  if (problem) {
    if (!refusals.empty()) refusals += "; ";
    refusals += resource.name + ": " + *problem;
    return;
  }
  wanted->second.version = resource.version;
  applied_(resource.body_size);
}

std::optional<std::string> DeltaClient::hand_over(const XdsResource& resource) {
  if (const auto* cluster = std::get_if<std::shared_ptr<const ClusterConfig>>(&resource.body)) {
    return sink_.on_cluster(*cluster);
  }
  if (const auto* assignment = std::get_if<std::shared_ptr<const ClusterAssignment>>(&resource.body)) {
    return sink_.on_assignment(*assignment);
  }
  if (const auto* routes = std::get_if<std::shared_ptr<const RouteConfig>>(&resource.body)) {
    return sink_.on_routes(*routes);
  }
  const auto& listener = std::get<std::shared_ptr<const ListenerConfig>>(resource.body);
  auto problem = sink_.on_listener(listener);
  if (!problem) routes_of_listener_[listener->name] = listener->route_config;
  return problem;
}

void DeltaClient::take_removal(XdsKind kind, const std::string& name) {
  auto& names = of(kind).names;
  const auto wanted = names.find(name);
  if (wanted == names.end()) return;
  if (!wanted->second.version.empty()) sink_.on_removed(type_url_of(kind), name);
  if (kind == XdsKind::listener) routes_of_listener_.erase(name);
  if (is_wildcard(kind)) {
    names.erase(wanted);
  } else {
    wanted->second = {"", true};
  }
}

std::set<std::string, std::less<>> DeltaClient::referred_to(XdsKind kind) const {
  std::set<std::string, std::less<>> names;
  if (kind == XdsKind::endpoints) {
    for (const auto& [name, wanted] : of(XdsKind::cluster).names) {
      if (!wanted.version.empty()) names.insert(name);
    }
  } else {
    for (const auto& [listener, routes] : routes_of_listener_) {
      if (!routes.empty()) names.insert(routes);
    }
  }
  return names;
}

void DeltaClient::follow_references(XdsKind kind, std::vector<DeltaRequest>& requests) {
  Kind& state = of(kind);
  const auto wanted = referred_to(kind);
  DeltaRequest request;
  request.type_url = type_url_of(kind);
  for (const std::string& name : wanted) {
    if (state.names.emplace(name, Wanted{}).second) request.subscribe.push_back(name);
  }
  for (auto name = state.names.begin(); name != state.names.end();) {
    if (wanted.contains(name->first)) {
      ++name;
      continue;
    }
    if (!name->second.version.empty()) sink_.on_removed(type_url_of(kind), name->first);
    request.unsubscribe.push_back(name->first);
    name = state.names.erase(name);
  }
  if (!state.open) {
    if (!state.names.empty()) requests.push_back(first_request(kind));
  } else if (!request.subscribe.empty() || !request.unsubscribe.empty()) {
    requests.push_back(std::move(request));
  }
}

bool DeltaClient::synced() const {
  if (!of(XdsKind::cluster).answered || !of(XdsKind::listener).answered) return false;
  return std::ranges::all_of(kinds_, [](const Kind& kind) {
    return std::ranges::all_of(kind.names, [](const auto& entry) { return entry.second.answered; });
  });
}

}  // namespace meshtwin
