#include "mesh/workload/workload.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "mesh/runtime/chance.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"
#include "mesh/runtime/network.h"
#include "mesh/wire/trace_context.h"
#include "mesh/workload/duration_model.h"
#include "mesh/workload/request_spans.h"

namespace meshtwin {
namespace {

std::string_view method_for(const CallStep& call) {
  if (!call.method.empty()) return call.method;
  return call.request_bytes > 0 ? "POST" : "GET";
}

// As it was received: with each of its values.
void forward(const Headers& received, std::string_view name, Headers& into) {
  if (!received.has(name)) return;
  into.remove(name);
  for (std::size_t i = 0; i < received.size(); ++i) {
    if (received.name(i) == name) into.add(name, received.value(i));
  }
}

}  // namespace

// One request: received whole, then given a worker, then run step by step.
class Workload::Request final : public RequestReceiver {
 public:
  Request(Workload& workload, ServerExchange& exchange) : workload_(workload), exchange_(exchange) {}

  void begin();  // it has got a worker
  void note_withdrawn() {
    if (spans_ != nullptr) spans_->withdraw(workload_.surroundings_.recorder, now());
  }

  bool working = false;
  std::size_t slot = 0;

 private:
  void on_head(std::unique_ptr<RequestHead> head, Buffer&, bool end) override;
  void on_data(Buffer&, bool end) override {
    if (end) workload_.enqueue(*this);
  }
  void on_reset(ResetReason) override { workload_.withdraw(*this); }

  void run();
  void respond(std::uint16_t status);

  enum class Next { go_on, waits, answered };
  Next take(const HandlerStep& step);
  Next compute(const HandlerStep& step);
  Next call(const CallStep* calls, std::size_t count);
  std::unique_ptr<RequestHead> make_call(const CallStep& call, const std::string& authority, TraceContext context);
  void on_answer(std::size_t call, const Answer& answer);
  Time now() const { return workload_.surroundings_.runtime.clock.now(); }
  RandomStream draws() const { return workload_.random_.keyed(trace_.context.path).keyed(step_); }

  Workload& workload_;
  ServerExchange& exchange_;
  std::unique_ptr<RequestHead> head_;
  ReceivedTrace trace_;                  // all zero: it came without one
  std::unique_ptr<RequestSpans> spans_;  // null: not sampled
  std::size_t step_ = 0;
  std::size_t unanswered_ = 0;  // calls of this step
  bool call_failed_ = false;
  Timer timer_;
  Handle activity_;  // a computation, or the first call
  std::vector<Handle> more_calls_;
};

class Workload::Connection final : public ServerHandler {
 public:
  Connection(Workload& workload, std::unique_ptr<ByteStream> stream)
      : workload_(workload),
        http_(workload.surroundings_.codec.serve(workload.surroundings_.runtime, std::move(stream), *this, {})) {}

  std::size_t slot = 0;

 private:
  RequestReceiver& on_exchange(ServerConnection&, ServerExchange& exchange) override {
    return workload_.requests_.add(std::make_unique<Request>(workload_, exchange));
  }
  void on_closed(ServerConnection&) override { workload_.connections_.remove(*this); }

  Workload& workload_;
  const std::unique_ptr<ServerConnection> http_;
};

void Workload::Request::on_head(std::unique_ptr<RequestHead> head, Buffer&, bool end) {
  head_ = std::move(head);
  if (const auto trace = read_trace(head_->headers)) trace_ = *trace;
  if (trace_.context.sampled) {
    spans_ = std::make_unique<RequestSpans>(workload_.surroundings_.pod, trace_.context, *head_, now());
  }
  if (end || offers_tunnel(*head_)) workload_.enqueue(*this);  // an offer that is not taken up
}

void Workload::Request::begin() {
  if (spans_ != nullptr) spans_->on_worker(now());
  if (workload_.fail_share_ > 0) {
    RandomStream random = workload_.fault_random_.keyed(trace_.context.path);
    if (random.chance(workload_.fail_share_)) {
      respond(503);
      return;
    }
  }
  run();
}

void Workload::Request::run() {
  if (head_->method() == "CONNECT") return respond(405);
  const std::vector<HandlerStep>& steps = workload_.config_.handler;
  while (step_ < steps.size()) {
    const Next next = take(steps[step_]);
    if (next != Next::go_on) return;
    ++step_;
  }
  respond(200);
}

Workload::Request::Next Workload::Request::take(const HandlerStep& step) {
  switch (step.kind) {
    case HandlerStep::Kind::compute:
      return compute(step);
    case HandlerStep::Kind::call:
      return call(&step.call, 1);
    case HandlerStep::Kind::parallel:
      return call(step.parallel.data(), step.parallel.size());
    case HandlerStep::Kind::fail:
      break;
  }
  RandomStream random = draws();
  if (!random.chance(step.fail_probability)) return Next::go_on;
  respond(step.fail_status);
  return Next::answered;
}

Workload::Request::Next Workload::Request::compute(const HandlerStep& step) {
  RandomStream random = draws();
  Duration work = draw(step.compute, random);
  if (workload_.slow_ != 1) work = static_cast<Duration>(static_cast<double>(work) * workload_.slow_ + 0.5);
  if (work <= 0) return Next::go_on;
  const Runtime& runtime = workload_.surroundings_.runtime;
  if (spans_ != nullptr) spans_->on_compute(now());
  const auto done = [this] {
    if (spans_ != nullptr) spans_->on_computed(now());
    ++step_;
    run();
  };
  if (step.cpu) {
    activity_ = runtime.cpu.burn(work, done);
  } else {
    timer_ = runtime.clock.after(work, done);
  }
  return Next::waits;
}

Workload::Request::Next Workload::Request::call(const CallStep* calls, std::size_t count) {
  more_calls_.clear();
  unanswered_ = 0;
  call_failed_ = false;
  if (spans_ != nullptr) spans_->expect_calls(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (calls[i].probability < 1) {
      RandomStream random = draws().keyed(i);
      if (!random.chance(calls[i].probability)) continue;
    }
    ServiceClient& client = workload_.client_of(calls[i]);
    TraceContext context = trace_.context.child(step_, i);
    SpanRecord* span = nullptr;
    if (spans_ != nullptr) {
      span = &spans_->begin_call(i, context, method_of(method_for(calls[i])), now());
      context.span = span->span;
    }
    Handle sent = client.send(
        make_call(calls[i], client.authority(), context), calls[i].request_bytes, 0,
        [this, i](const Answer& answer) { on_answer(i, answer); }, span);
    if (unanswered_++ == 0) {
      activity_ = std::move(sent);
    } else {
      more_calls_.push_back(std::move(sent));
    }
  }
  return unanswered_ == 0 ? Next::go_on : Next::waits;
}

std::unique_ptr<RequestHead> Workload::Request::make_call(const CallStep& call, const std::string& authority,
                                                          TraceContext context) {
  auto head = make_request(method_for(call), authority, call.path);
  const Headers& received = head_->headers;
  if (trace_.context.span != 0) write_trace(head->headers, context, trace_.format, tracestate_of(received));
  for (const std::string_view always : {"x-request-id", "baggage"}) forward(received, always, head->headers);
  for (const std::string& name : workload_.config_.forward_headers) forward(received, name, head->headers);
  for (const auto& [name, value] : call.headers) head->headers.set(name, value);
  return head;
}

void Workload::Request::on_answer(std::size_t call, const Answer& answer) {
  if (spans_ != nullptr) spans_->end_call(workload_.surroundings_.recorder, call);
  if (answer.failure != Failure::none) call_failed_ = true;
  if (--unanswered_ > 0) return;
  activity_ = nullptr;
  more_calls_.clear();
  if (call_failed_ && workload_.config_.calls_must_succeed) {
    respond(500);
    return;
  }
  ++step_;
  run();
}

void Workload::Request::respond(std::uint16_t status) {
  auto head = std::make_unique<ResponseHead>(status);
  Buffer body;
  if (status < 400) {
    head->content_length = static_cast<std::int64_t>(workload_.config_.response_bytes);
    workload_.surroundings_.codec.append_body(body, workload_.config_.response_bytes);
  }
  if (spans_ != nullptr) spans_->on_answer(now(), status);
  exchange_.send_head(std::move(head), body, true);
  Workload& workload = workload_;
  if (spans_ != nullptr) spans_->end(workload.surroundings_.recorder, now());
  workload.requests_.remove(*this);
  workload.release_worker();
}

Workload::Workload(const WorkloadConfig& config, const RoleSurroundings& surroundings)
    : config_(config),
      surroundings_{surroundings.runtime,  surroundings.network,
                    surroundings.recorder, surroundings.wire == Wire::real ? http1_codec() : modelled_codec(),
                    surroundings.pod,      surroundings.pod_of_ip},
      random_(surroundings.runtime.chance.stream("workload/" + config.service)),
      fault_random_(surroundings.runtime.chance.stream("fault/" + config.service)),
      metrics_(config_, surroundings) {}

// Requests first: their exchanges belong to the connections, their calls to the clients.
Workload::~Workload() {
  requests_.clear();
  clients_.clear();
}

void Workload::start(Callback on_ready) {
  listener_ = surroundings_.network.listen({0, config_.port},
                                           [this](AcceptedStream accepted) { on_accept(std::move(accepted)); });
  if (listener_ == nullptr) {
    surroundings_.recorder.event({surroundings_.runtime.clock.now(), "listen_failed", config_.service,
                                  "port " + std::to_string(config_.port) + " is taken"});
    return;
  }
  metrics_.listen(surroundings_.network);
  on_ready();
}

void Workload::on_accept(AcceptedStream accepted) {
  connections_.add(std::make_unique<Connection>(*this, std::move(accepted.stream)));
}

void Workload::enqueue(Request& request) {
  surroundings_.runtime.cpu.charge(Operation::request_work, 0);
  queue_.push_back(&request);
  dispatch();
}

void Workload::dispatch() {
  if (dispatching_) return;  // a request that ends at once comes back here
  dispatching_ = true;
  while (busy_ < config_.workers && !queue_.empty()) {
    Request& request = *queue_.front();
    queue_.pop_front();
    metrics_.busy(++busy_);
    request.working = true;
    request.begin();
  }
  dispatching_ = false;
  metrics_.queued(queue_.size());
}

void Workload::release_worker() {
  assert(busy_ > 0);
  metrics_.busy(--busy_);
  dispatch();
}

void Workload::withdraw(Request& request) {
  const bool working = request.working;
  request.note_withdrawn();
  if (!working) {
    std::erase(queue_, &request);
    metrics_.queued(queue_.size());
  }
  requests_.remove(request);
  if (working) release_worker();
}

ServiceClient& Workload::client_of(const CallStep& call) {
  const std::uint16_t port = call.port != 0 ? call.port : config_.port;
  std::unique_ptr<ServiceClient>& client = clients_[{call.service, port}];
  if (client == nullptr) client = std::make_unique<ServiceClient>(surroundings_, call.service, port);
  return *client;
}

}  // namespace meshtwin
