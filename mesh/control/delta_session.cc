#include "mesh/control/delta_session.h"

#include <utility>

namespace meshtwin {

std::optional<DeltaSession::Refused> DeltaSession::take(const DeltaRequest& request, const XdsSnapshot& snapshot) {
  const auto kind = kind_of_type_url(request.type_url);
  if (!kind) return std::nullopt;  // a kind we do not serve is never answered, as Istio does with unknown types
  Subscription& subscription = subscriptions_[static_cast<std::size_t>(*kind)];
  if (!subscription.open) {
    open(subscription, *kind, request, snapshot);
  } else {
    for (const std::string& name : request.subscribe) {
      subscription.names[name].clear();  // asked for again means: it may have been dropped
      subscription.owed.insert(name);
    }
  }
  for (const std::string& name : request.unsubscribe) {
    subscription.names.erase(name);
    subscription.owed.erase(name);
  }
  if (request.error && !request.nonce.empty()) return Refused{request.type_url, *request.error};
  return std::nullopt;
}

void DeltaSession::open(Subscription& subscription, XdsKind kind, const DeltaRequest& request,
                        const XdsSnapshot& snapshot) {
  subscription.open = true;
  subscription.answer = true;
  const bool wildcard_kind = kind == XdsKind::cluster || kind == XdsKind::listener;
  subscription.wildcard = wildcard_kind && request.subscribe.empty();
  const auto want = [&](const std::string& name) {
    const auto has = request.initial_versions.find(name);
    subscription.names[name] = has == request.initial_versions.end() ? std::string() : has->second;
    subscription.owed.insert(name);
  };
  for (const std::string& name : request.subscribe) want(name);
  if (!subscription.wildcard) return;
  for (const XdsResourcePtr& resource : snapshot.all(kind)) want(resource->name);
  for (const auto& [name, version] : request.initial_versions) want(name);  // those that are gone are owed a removal
}

void DeltaSession::changed(XdsKind kind, const std::string& name) {
  Subscription& subscription = subscriptions_[static_cast<std::size_t>(kind)];
  if (subscription.wildcard || subscription.names.contains(name)) subscription.owed.insert(name);
}

std::vector<DeltaResponse> DeltaSession::collect(const XdsSnapshot& snapshot, bool withhold_endpoints) {
  std::vector<DeltaResponse> responses;
  for (std::size_t kind = 0; kind < kXdsKindCount; ++kind) {
    if (withhold_endpoints && static_cast<XdsKind>(kind) == XdsKind::endpoints) continue;
    Subscription& subscription = subscriptions_[kind];
    if (!subscription.answer && subscription.owed.empty()) continue;
    DeltaResponse response = owed_of(static_cast<XdsKind>(kind), subscription, snapshot);
    if (!subscription.answer && response.resources.empty() && response.removed.empty()) continue;
    subscription.answer = false;
    response.system_version = std::to_string(snapshot.version());
    response.type_url = kXdsTypeUrls[kind];
    response.nonce = std::to_string(++nonce_);
    responses.push_back(std::move(response));
  }
  return responses;
}

DeltaResponse DeltaSession::owed_of(XdsKind kind, Subscription& subscription, const XdsSnapshot& snapshot) {
  DeltaResponse response;
  for (const std::string& name : std::exchange(subscription.owed, {})) {
    const XdsResourcePtr resource = snapshot.find(kind, name);
    if (resource == nullptr) {
      response.removed.push_back(name);
      if (subscription.wildcard) {
        subscription.names.erase(name);
      } else {
        subscription.names[name].clear();
      }
      continue;
    }
    std::string& has = subscription.names[name];
    if (has == resource->version) continue;
    has = resource->version;
    response.resources.push_back(resource);
  }
  return response;
}

}  // namespace meshtwin
