#pragma once

// How an application calls a service: the name is resolved once, each connection goes to one of its addresses at random
// (with a mesh there is one, the service's virtual address), connections are kept alive and used in turn. Tries at an
// address that is a pod's are recorded here, since no sidecar chose it.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mesh/base/function.h"
#include "mesh/base/handle.h"
#include "mesh/base/random.h"
#include "mesh/runtime/runtime.h"
#include "mesh/telemetry/record.h"
#include "mesh/wire/http_codec.h"
#include "mesh/wire/http_pool.h"

namespace meshtwin {

class Network;

struct Answer {
  std::uint16_t status = 0;  // 0: none
  Failure failure = Failure::none;
};
using AnswerHandler = Function<void(const Answer& answer)>;

// What a client needs of its role's surroundings.
struct ClientSurroundings {
  Runtime& runtime;
  Network& network;
  Recorder& recorder;
  const HttpCodec& codec;
  std::uint32_t pod = 0;
  const std::map<std::uint32_t, std::uint32_t>& pod_of_ip;
};

class ServiceClient {
 public:
  ServiceClient(const ClientSurroundings& surroundings, std::string service, std::uint16_t port);
  ~ServiceClient();

  const std::string& authority() const { return authority_; }
  // Sends the request with a body of that many bytes. `then` is called once, never from inside `send`; destroying the
  // handle gives the request up. The timeout counts from now; 0: none. `span`: of a sampled request, filled in by when
  // `then` is called, from when it was sent to its end; null: it is not sampled.
  Handle send(std::unique_ptr<RequestHead> head, std::uint64_t body_bytes, Duration timeout, AnswerHandler then,
              SpanRecord* span = nullptr);
  std::size_t connections_max() const { return pool_.connections_max(); }

 private:
  class Call;

  void acquire(Call& call);
  void on_resolved(std::vector<std::uint32_t> ips);
  SocketAddress choose_address();
  void record(const AttemptRecord& attempt, SocketAddress address);
  std::uint32_t pod_at(SocketAddress address) const;  // kNoPeer: none

  ClientSurroundings surroundings_;
  const std::string service_;
  const std::uint16_t port_;
  const std::string authority_;
  RandomStream random_;
  PoolBudget budget_;
  PlainConnector connector_;
  HttpPool pool_;
  bool resolved_ = false;
  Handle resolving_;
  std::vector<std::uint32_t> ips_;
  std::vector<Call*> unresolved_;  // calls that wait for the name
};

}  // namespace meshtwin
