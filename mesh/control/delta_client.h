#pragma once

// The proxy's side of the delta protocol: which resources it wants, which versions it has, what it answers to a push.
// Hands what arrives to the ConfigSink and turns a refusal into a NACK. Knows nothing of streams or time.

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/control/resource_set.h"
#include "mesh/control/xds_client.h"
#include "mesh/control/xds_messages.h"

namespace meshtwin {

class DeltaClient {
 public:
  // `applied` is told the bytes of each resource that was taken over.
  DeltaClient(ConfigSink& sink, std::function<void(std::size_t bytes)> applied, XdsSubscription subscription = {})
      : sink_(sink), applied_(std::move(applied)), subscription_(subscription) {}

  // The first requests of a new stream: all clusters and listeners, and what was wanted before, with the versions at
  // hand.
  std::vector<DeltaRequest> open(const std::string& node_id);
  // The answer to a push, and the requests it leads to.
  std::vector<DeltaRequest> take(const DeltaResponse& response);
  // Wants one more resource; the request that asks for it, where the kind's stream is open.
  std::optional<DeltaRequest> want(XdsKind kind, const std::string& name);
  // Every kind has been answered and nothing wanted is missing.
  bool synced() const;

 private:
  struct Wanted {
    XdsResourcePtr resource;  // what was taken over, or another that has the name
    bool taken = false;       // by the sink
    bool answered = false;    // it came, was refused, or there is none

    const std::string& name() const { return resource->name; }
    bool has_version() const { return taken && !resource->version.empty(); }
  };
  struct Kind {
    bool open = false;           // on this stream
    bool answered = false;       // ever
    std::vector<Wanted> wanted;  // by name

    std::vector<Wanted>::iterator place_of(std::string_view name);  // of the first that is not before it
    Wanted* find(std::string_view name);
  };

  Kind& of(XdsKind kind) { return kinds_[static_cast<std::size_t>(kind)]; }
  const Kind& of(XdsKind kind) const { return kinds_[static_cast<std::size_t>(kind)]; }
  void take_resource(XdsKind kind, const XdsResourcePtr& resource, std::string& refusals);
  std::optional<std::string> hand_over(const XdsResource& resource);
  void take_removal(XdsKind kind, const std::string& name);
  // Resources of the names of endpoints or routes that the accepted clusters or listeners refer to.
  ResourceSet referred_to(XdsKind kind) const;
  void follow_references(XdsKind kind, std::vector<DeltaRequest>& requests);
  DeltaRequest first_request(XdsKind kind);
  // Asked for from the start; the other kinds follow from what these refer to.
  bool is_first(XdsKind kind) const;

  ConfigSink& sink_;
  std::function<void(std::size_t)> applied_;
  const XdsSubscription subscription_;
  std::array<Kind, kXdsKindCount> kinds_;
};

}  // namespace meshtwin
