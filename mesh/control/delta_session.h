#pragma once

// The server's side of the delta protocol for one stream: what the proxy subscribed to, what it was sent, what is still
// owed. Knows nothing of streams or time, so that the protocol can be tested as a conversation.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "mesh/control/resource_set.h"
#include "mesh/control/snapshot.h"
#include "mesh/control/xds_messages.h"

namespace meshtwin {

class DeltaSession {
 public:
  struct Refused {  // a NACK: the proxy goes on with what it had
    std::string type_url;
    std::string reason;
  };

  std::optional<Refused> take(const DeltaRequest& request, const XdsSnapshot& snapshot);
  // The resource is another one, or gone, in the snapshot that `collect` will be given next.
  void changed(XdsKind kind, const std::string& name);
  // What is owed, in the order of kinds; afterwards nothing is, but endpoints where those are withheld.
  std::vector<DeltaResponse> collect(const XdsSnapshot& snapshot, bool withhold_endpoints = false);

 private:
  // The sets are the snapshot's own where they are the same, which is nearly always.
  struct Subscription {
    bool open = false;                         // a request has come
    bool wildcard = false;                     // every resource there is
    bool answer = false;                       // the first request gets an answer, if an empty one
    SharedResourceSet names = no_resources();  // asked for by name
    SharedResourceSet sent = no_resources();   // with the version the proxy has, or was sent
    SharedResourceSet owed = no_resources();   // names to be looked at: sent if the version is another
    ResourceSet changed;                       // owed besides: few, and for a short time
  };

  void open(Subscription& subscription, XdsKind kind, const DeltaRequest& request, const XdsSnapshot& snapshot);
  void subscribe(Subscription& subscription, XdsKind kind, const DeltaRequest& request, const XdsSnapshot& snapshot);
  void unsubscribe(Subscription& subscription, const DeltaRequest& request);
  SharedResourceSet take_owed(Subscription& subscription);
  DeltaResponse owed_of(XdsKind kind, Subscription& subscription, const XdsSnapshot& snapshot);
  void note_sent(Subscription& subscription, XdsKind kind, const ResourceSet& owed, const XdsSnapshot& snapshot);

  std::array<Subscription, kXdsKindCount> subscriptions_;
  std::uint64_t nonce_ = 0;
};

}  // namespace meshtwin
