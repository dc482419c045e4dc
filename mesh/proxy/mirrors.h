#pragma once

// Copies of requests, sent to another cluster when the request is complete and then left to themselves: whatever is
// answered is dropped, nothing is tried again, and how many go on at once is bounded, by the cluster's breakers and by
// a limit of the proxy's own. Each counts as an attempt at the pod it was sent to.

#include <memory>
#include <string>
#include <vector>

#include "mesh/proxy/route_source.h"
#include "mesh/wire/owned_set.h"

namespace meshtwin {

// The copies of one request that are to be made, gathered while it passes.
class MirrorPlan {
 public:
  // Null: the route makes none of this request. `head`: as it goes on to its own cluster.
  static std::unique_ptr<MirrorPlan> of(const RouteConfigEntry& route, const RequestHead& head, RouteDraws& draws);

  // False: it is more than is kept; the plan is given up.
  bool take(const Buffer& data);
  void take(const Headers& trailers) { trailers_ = std::make_unique<Headers>(trailers); }

 private:
  friend class Mirrors;
  std::vector<std::string> clusters_;
  std::unique_ptr<RequestHead> head_;
  Buffer body_;
  std::unique_ptr<Headers> trailers_;
  Duration timeout_ = 0;
};

class Mirrors {
 public:
  explicit Mirrors(ProxyContext& context);
  ~Mirrors();

  void send(const MirrorPlan& plan, RouteSource& routes);
  std::size_t size() const { return copies_.size(); }

 private:
  class Copy;

  ProxyContext& context_;
  OwnedSet<Copy> copies_;
};

}  // namespace meshtwin
