#include "mesh/control/delta_client.h"

#include <algorithm>

namespace meshtwin {

bool DeltaClient::is_first(XdsKind kind) const {
  const bool addresses = subscription_ == XdsSubscription::addresses;
  return is_wildcard(kind) && addresses == (kind == XdsKind::address);
}

std::vector<DeltaClient::Wanted>::iterator DeltaClient::Kind::place_of(std::string_view name) {
  return std::ranges::lower_bound(wanted, name, {}, [](const Wanted& w) -> std::string_view { return w.name(); });
}

DeltaClient::Wanted* DeltaClient::Kind::find(std::string_view name) {
  const auto place = place_of(name);
  return place != wanted.end() && place->name() == name ? &*place : nullptr;
}

std::vector<DeltaRequest> DeltaClient::open(const std::string& node_id) {
  for (Kind& kind : kinds_) kind.open = false;
  std::vector<DeltaRequest> requests;
  for (std::size_t k = 0; k < kXdsKindCount; ++k) {
    const auto kind = static_cast<XdsKind>(k);
    if (is_first(kind) || !of(kind).wanted.empty()) requests.push_back(first_request(kind));
  }
  requests.front().node_id = node_id;
  return requests;
}

DeltaRequest DeltaClient::first_request(XdsKind kind) {
  Kind& state = of(kind);
  state.open = true;
  DeltaRequest request;
  request.type_url = type_url_of(kind);
  for (const Wanted& wanted : state.wanted) {
    if (!is_wildcard(kind)) request.subscribe.push_back(wanted.name());
    if (wanted.has_version()) request.initial_versions.emplace(wanted.name(), wanted.resource->version);
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
  Kind& state = of(*kind);
  state.answered = true;
  if (is_wildcard(*kind) && state.wanted.empty()) state.wanted.reserve(response.resources.size());
  std::string refusals;
  for (const XdsResourcePtr& resource : response.resources) take_resource(*kind, resource, refusals);
  for (const std::string& name : response.removed) take_removal(*kind, name);
  if (!refusals.empty()) answer.error = std::move(refusals);
  std::vector<DeltaRequest> requests{std::move(answer)};
  if (*kind == XdsKind::cluster) follow_references(XdsKind::endpoints, requests);
  if (*kind == XdsKind::listener) follow_references(XdsKind::routes, requests);
  return requests;
}

void DeltaClient::take_resource(XdsKind kind, const XdsResourcePtr& resource, std::string& refusals) {
  Kind& state = of(kind);
  Wanted* wanted = state.find(resource->name);
  if (wanted == nullptr) {
    if (!is_wildcard(kind)) return;  // not asked for: allowed, and of no use
    wanted = &*state.wanted.insert(state.place_of(resource->name), Wanted{resource});
  }
  wanted->answered = true;
  const auto problem = resource->problem.empty() ? hand_over(*resource) : std::optional(resource->problem);
  if (problem) {
    if (!refusals.empty()) refusals += "; ";
    refusals += resource->name + ": " + *problem;
    return;
  }
  wanted->resource = resource;
  wanted->taken = true;
  applied_(resource->body_size);
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
  if (const auto* address = std::get_if<std::shared_ptr<const AddressEntry>>(&resource.body)) {
    // What the sink keeps shares the resource's life.
    if (const auto* workload = std::get_if<WorkloadEntry>(address->get())) {
      return sink_.on_workload(std::shared_ptr<const WorkloadEntry>(*address, workload));
    }
    return sink_.on_service(
        std::shared_ptr<const ServiceEntryPoint>(*address, std::get_if<ServiceEntryPoint>(address->get())));
  }
  if (const auto* workload = std::get_if<std::shared_ptr<const WorkloadEntry>>(&resource.body)) {
    return sink_.on_peer(*workload);
  }
  return sink_.on_listener(std::get<std::shared_ptr<const ListenerConfig>>(resource.body));
}

void DeltaClient::take_removal(XdsKind kind, const std::string& name) {
  Kind& state = of(kind);
  const auto wanted = state.place_of(name);
  if (wanted == state.wanted.end() || wanted->name() != name) return;
  if (wanted->has_version()) sink_.on_removed(type_url_of(kind), name);
  if (is_wildcard(kind)) {
    state.wanted.erase(wanted);
  } else {
    *wanted = {resource_named(name), false, true};
  }
}

ResourceSet DeltaClient::referred_to(XdsKind kind) const {
  ResourceSet names;
  if (kind == XdsKind::endpoints) {
    const auto& clusters = of(XdsKind::cluster).wanted;
    names.reserve(clusters.size());
    for (const Wanted& cluster : clusters) {
      if (cluster.has_version()) names.push_back(cluster.resource);
    }
    return names;
  }
  for (const Wanted& listener : of(XdsKind::listener).wanted) {
    if (!listener.taken) continue;
    const auto& config = std::get<std::shared_ptr<const ListenerConfig>>(listener.resource->body);
    if (!config->route_config.empty()) put_resource(names, resource_named(config->route_config));
  }
  return names;
}

void DeltaClient::follow_references(XdsKind kind, std::vector<DeltaRequest>& requests) {
  Kind& state = of(kind);
  const ResourceSet referred = referred_to(kind);
  DeltaRequest request;
  request.type_url = type_url_of(kind);
  std::vector<Wanted> wanted;
  wanted.reserve(referred.size());
  auto known = state.wanted.begin();
  const auto drop = [&](const Wanted& dropped) {
    if (dropped.has_version()) sink_.on_removed(type_url_of(kind), dropped.name());
    request.unsubscribe.push_back(dropped.name());
  };
  for (const XdsResourcePtr& named : referred) {
    for (; known != state.wanted.end() && known->name() < named->name; ++known) drop(*known);
    if (known != state.wanted.end() && known->name() == named->name) {
      wanted.push_back(std::move(*known++));
    } else {
      request.subscribe.push_back(named->name);
      wanted.push_back({named});
    }
  }
  for (; known != state.wanted.end(); ++known) drop(*known);
  state.wanted = std::move(wanted);
  if (!state.open) {
    if (!state.wanted.empty()) requests.push_back(first_request(kind));
  } else if (!request.subscribe.empty() || !request.unsubscribe.empty()) {
    requests.push_back(std::move(request));
  }
}

std::optional<DeltaRequest> DeltaClient::want(XdsKind kind, const std::string& name) {
  Kind& state = of(kind);
  if (state.find(name) != nullptr) return std::nullopt;
  state.wanted.insert(state.place_of(name), Wanted{resource_named(name)});
  if (!state.open) return first_request(kind);
  DeltaRequest request;
  request.type_url = type_url_of(kind);
  request.subscribe.push_back(name);
  return request;
}

bool DeltaClient::synced() const {
  for (const XdsKind kind : {XdsKind::cluster, XdsKind::listener, XdsKind::address}) {
    if (is_first(kind) && !of(kind).answered) return false;
  }
  return std::ranges::all_of(kinds_,
                             [](const Kind& kind) { return std::ranges::all_of(kind.wanted, &Wanted::answered); });
}

}  // namespace meshtwin
