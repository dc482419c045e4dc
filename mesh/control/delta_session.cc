#include "mesh/control/delta_session.h"

#include <algorithm>
#include <span>
#include <utility>

namespace meshtwin {
namespace {

template <typename Change>
void edit(SharedResourceSet& set, Change change) {
  ResourceSet own = *set;
  change(own);
  set = std::make_shared<const ResourceSet>(std::move(own));
}

bool has_routes_to(XdsKind kind) {
  return kind == XdsKind::cluster || kind == XdsKind::endpoints;
}

// The snapshot's set where it has the same names.
SharedResourceSet set_of_names(XdsKind kind, std::span<const std::string> names, const XdsSnapshot& snapshot) {
  ResourceSet set;
  set.reserve(names.size());
  for (const std::string& name : names) {
    XdsResourcePtr resource = snapshot.find(kind, name);
    put_resource(set, resource != nullptr ? std::move(resource) : resource_named(name));
  }
  if (same_names(set, *snapshot.shared(kind))) return snapshot.shared(kind);
  return std::make_shared<const ResourceSet>(std::move(set));
}

}  // namespace

std::optional<DeltaSession::Refused> DeltaSession::take(const DeltaRequest& request, const XdsSnapshot& snapshot) {
  const auto kind = kind_of_type_url(request.type_url);
  if (!kind) return std::nullopt;  // a kind we do not serve is never answered, as Istio does with unknown types
  Subscription& subscription = subscriptions_[static_cast<std::size_t>(*kind)];
  if (!subscription.open) {
    open(subscription, *kind, request, snapshot);
  } else {
    subscribe(subscription, *kind, request, snapshot);
  }
  unsubscribe(subscription, request);
  if (request.error && !request.nonce.empty()) return Refused{request.type_url, *request.error};
  return std::nullopt;
}

void DeltaSession::open(Subscription& subscription, XdsKind kind, const DeltaRequest& request,
                        const XdsSnapshot& snapshot) {
  subscription.open = true;
  subscription.answer = true;
  subscription.wildcard = is_wildcard(kind) && request.subscribe.empty();
  subscription.names = set_of_names(kind, request.subscribe, snapshot);
  subscription.owed = subscription.wildcard ? snapshot.shared(kind) : subscription.names;
  if (request.initial_versions.empty()) return;
  ResourceSet sent;
  for (const auto& [name, version] : request.initial_versions) {
    if (!subscription.wildcard && find_resource(*subscription.names, name) == nullptr) continue;
    XdsResourcePtr resource = snapshot.find(kind, name);
    const bool is_present = resource != nullptr && resource->version == version;
    sent.push_back(is_present ? std::move(resource) : resource_named(name, version));
  }
  const bool some_gone = std::ranges::any_of(
      sent, [&](const XdsResourcePtr& has) { return find_resource(*subscription.owed, has->name) == nullptr; });
  if (some_gone) {  // they are owed a removal
    edit(subscription.owed, [&](ResourceSet& owed) {
      for (const XdsResourcePtr& has : sent) put_resource(owed, has);
    });
  }
  subscription.sent = std::make_shared<const ResourceSet>(std::move(sent));
}

void DeltaSession::subscribe(Subscription& subscription, XdsKind kind, const DeltaRequest& request,
                             const XdsSnapshot& snapshot) {
  if (request.subscribe.empty()) return;
  const SharedResourceSet asked = set_of_names(kind, request.subscribe, snapshot);
  const auto put_asked = [&](ResourceSet& set) {
    for (const XdsResourcePtr& resource : *asked) put_resource(set, resource);
  };
  edit(subscription.names, put_asked);
  edit(subscription.owed, put_asked);
  edit(subscription.sent, [&](ResourceSet& sent) {  // asked for again means: it may have been dropped
    for (const XdsResourcePtr& resource : *asked) erase_resource(sent, resource->name);
  });
}

void DeltaSession::unsubscribe(Subscription& subscription, const DeltaRequest& request) {
  if (request.unsubscribe.empty()) return;
  for (SharedResourceSet* set : {&subscription.names, &subscription.owed, &subscription.sent}) {
    edit(*set, [&](ResourceSet& own) {
      for (const std::string& name : request.unsubscribe) erase_resource(own, name);
    });
  }
  for (const std::string& name : request.unsubscribe) erase_resource(subscription.changed, name);
}

void DeltaSession::changed(XdsKind kind, const std::string& name) {
  Subscription& subscription = subscriptions_[static_cast<std::size_t>(kind)];
  XdsResourcePtr known = find_resource(subscription.wildcard ? *subscription.sent : *subscription.names, name);
  if (known == nullptr && !subscription.wildcard) return;
  if (find_resource(*subscription.owed, name) != nullptr) return;
  put_resource(subscription.changed, known != nullptr ? std::move(known) : resource_named(name));
}

std::vector<DeltaResponse> DeltaSession::collect(const XdsSnapshot& snapshot, bool withhold_endpoints) {
  std::vector<DeltaResponse> responses;
  std::vector<DeltaResponse> last;
  for (std::size_t kind = 0; kind < kXdsKindCount; ++kind) {
    const bool has_endpoints =
        static_cast<XdsKind>(kind) == XdsKind::endpoints || static_cast<XdsKind>(kind) == XdsKind::address;
    if (withhold_endpoints && has_endpoints) continue;
    Subscription& subscription = subscriptions_[kind];
    if (!subscription.answer && subscription.owed->empty() && subscription.changed.empty()) continue;
    DeltaResponse response = owed_of(static_cast<XdsKind>(kind), subscription, snapshot);
    if (!subscription.answer && response.resources.empty() && response.removed.empty()) continue;
    subscription.answer = false;
    response.system_version = std::to_string(snapshot.version());
    response.type_url = kXdsTypeUrls[kind];
    if (has_routes_to(static_cast<XdsKind>(kind)) && !response.removed.empty()) {
      DeltaResponse& later = last.emplace_back(response);
      later.resources.clear();
      response.removed.clear();
      if (response.resources.empty()) continue;
    }
    responses.push_back(std::move(response));
  }
  // Only now does no route lead to these any more.
  for (DeltaResponse& response : last) responses.push_back(std::move(response));
  for (DeltaResponse& response : responses) response.nonce = std::to_string(++nonce_);
  return responses;
}

SharedResourceSet DeltaSession::take_owed(Subscription& subscription) {
  SharedResourceSet owed = std::exchange(subscription.owed, no_resources());
  ResourceSet changed = std::exchange(subscription.changed, {});
  if (changed.empty()) return owed;
  if (owed->empty()) return std::make_shared<const ResourceSet>(std::move(changed));
  edit(owed, [&](ResourceSet& own) {
    for (XdsResourcePtr& resource : changed) put_resource(own, std::move(resource));
  });
  return owed;
}

DeltaResponse DeltaSession::owed_of(XdsKind kind, Subscription& subscription, const XdsSnapshot& snapshot) {
  DeltaResponse response;
  const SharedResourceSet owed = take_owed(subscription);
  for (const XdsResourcePtr& named : *owed) {
    XdsResourcePtr resource = snapshot.find(kind, named->name);
    const XdsResourcePtr has = find_resource(*subscription.sent, named->name);
    if (resource == nullptr) {
      // What was never sent need not be taken back, unless somebody waits for it by its name.
      if (has != nullptr || !subscription.wildcard) response.removed.push_back(named->name);
      continue;
    }
    if (has == nullptr || has->version != resource->version) response.resources.push_back(std::move(resource));
  }
  note_sent(subscription, kind, *owed, snapshot);
  return response;
}

// Names are kept up too, so that they hold no resource of an old version.
void DeltaSession::note_sent(Subscription& subscription, XdsKind kind, const ResourceSet& owed,
                             const XdsSnapshot& snapshot) {
  const SharedResourceSet& present = snapshot.shared(kind);
  if (completed_by(*subscription.sent, owed, *present)) {
    subscription.sent = present;
  } else {
    edit(subscription.sent, [&](ResourceSet& sent) {
      for (const XdsResourcePtr& named : owed) {
        if (XdsResourcePtr resource = snapshot.find(kind, named->name)) {
          put_resource(sent, std::move(resource));
        } else {
          erase_resource(sent, named->name);
        }
      }
    });
  }
  if (subscription.names == present) return;
  if (same_names(*subscription.names, *present)) {
    subscription.names = present;
  } else if (!subscription.names->empty()) {
    edit(subscription.names, [&](ResourceSet& names) {
      for (XdsResourcePtr& known : names) {
        XdsResourcePtr resource = snapshot.find(kind, known->name);
        known = resource != nullptr ? std::move(resource) : resource_named(known->name);
      }
    });
  }
}

}  // namespace meshtwin
