#include "mesh/workload/load_generator.h"

#include <algorithm>
#include <string>
#include <utility>

#include "mesh/runtime/chance.h"
#include "mesh/runtime/cpu.h"
#include "mesh/wire/trace_context.h"
#include "mesh/workload/duration_model.h"

namespace meshtwin {
namespace {

constexpr std::uint16_t kDefaultPort = 8080;

std::string stream_name(const LoadConfig& config, const char* what) {
  return "load/" + std::to_string(config.index) + "/" + what;
}

}  // namespace

struct LoadGenerator::Pending {
  RequestRecord record;
  std::unique_ptr<SpanRecord> span;  // null: not sampled
  Handle call;
  std::size_t slot = 0;
};

LoadGenerator::LoadGenerator(const LoadConfig& config, const RoleSurroundings& surroundings)
    : config_(config),
      surroundings_{surroundings.runtime,  surroundings.network,
                    surroundings.recorder, surroundings.wire == Wire::real ? http1_codec() : modelled_codec(),
                    surroundings.pod,      surroundings.pod_of_ip},
      trace_random_(surroundings.runtime.chance.stream(stream_name(config, "trace"))),
      think_random_(surroundings.runtime.chance.stream(stream_name(config, "think"))),
      client_(surroundings_, config.service, config.port != 0 ? config.port : kDefaultPort),
      schedule_(config.arrivals, config.rate, config.begin, config.end,
                surroundings.runtime.chance.stream(stream_name(config, "arrivals"))) {}

LoadGenerator::~LoadGenerator() {
  pending_.clear();
}

void LoadGenerator::begin(Callback on_finished) {
  on_finished_ = std::move(on_finished);
  Clock& clock = surroundings_.runtime.clock;
  grace_ = clock.after(std::max<Duration>(0, config_.end + config_.grace - clock.now()), [this] { give_up(); });
  if (open_loop()) {
    next_ = schedule_.next();
    schedule_next();
    return;
  }
  clients_active_ = config_.clients;
  thinking_.resize(config_.clients);
  const Duration wait = std::max<Duration>(0, config_.begin - clock.now());
  for (std::uint32_t client = 0; client < config_.clients; ++client) {
    thinking_[client] = clock.after(wait, [this, client] { think(client, 0); });
  }
}

void LoadGenerator::schedule_next() {
  if (!next_.has_value()) {
    check_finished();
    return;
  }
  Clock& clock = surroundings_.runtime.clock;
  arrival_ = clock.after(std::max<Duration>(0, *next_ - clock.now()), [this] { send_due(); });
}

void LoadGenerator::send_due() {
  while (next_.has_value() && *next_ <= surroundings_.runtime.clock.now()) {
    const Time intended = *next_;
    next_ = schedule_.next();
    send(number_++, intended);
  }
  schedule_next();
}

// A client's requests are numbered so that their draws do not depend on how fast others are answered.
void LoadGenerator::think(std::uint32_t client, std::uint64_t turn) {
  RandomStream random = think_random_.keyed(client).keyed(turn);
  const Duration pause = draw(config_.think, random);
  Clock& clock = surroundings_.runtime.clock;
  const Time at = clock.now() + pause;
  if (at >= config_.end) {
    --clients_active_;
    check_finished();
    return;
  }
  thinking_[client] = clock.after(pause, [this, at, number = turn * config_.clients + client] { send(number, at); });
}

void LoadGenerator::send(std::uint64_t number, Time intended) {
  const Runtime& runtime = surroundings_.runtime;
  Pending& pending = pending_.add(std::make_unique<Pending>());
  pending.record.load = config_.index;
  pending.record.number = number;
  pending.record.intended = intended;
  pending.record.sent = runtime.clock.now();
  runtime.cpu.charge(Operation::request_work, 1);
  RandomStream random = trace_random_.keyed(number);
  TraceContext context;
  context.trace_high = random.bits();
  context.trace_low = random.bits();
  context.span = context.path = random.bits();
  context.sampled = is_sampled(context.trace_low, config_.tracing.sampling);
  if (context.sampled) begin_span(pending, context);
  auto head = make_request(config_.method, config_.host.empty() ? client_.authority() : config_.host, config_.path);
  write_trace(head->headers, context, config_.tracing.propagation);
  for (const auto& [name, value] : config_.headers) head->headers.add(name, value);
  pending.call = client_.send(
      std::move(head), config_.request_bytes, config_.timeout,
      [this, &pending](const Answer& answer) { on_answer(pending, answer); }, pending.span.get());
}

void LoadGenerator::begin_span(Pending& pending, const TraceContext& context) {
  pending.record.trace_high = context.trace_high;
  pending.record.trace_low = context.trace_low;
  pending.span = std::make_unique<SpanRecord>();
  pending.span->trace_high = context.trace_high;
  pending.span->trace_low = context.trace_low;
  pending.span->span = context.span;
  pending.span->pod = surroundings_.pod;
  pending.span->kind = SpanKind::load;
  pending.span->begin = pending.record.intended;
  pending.span->method = method_of(config_.method);
}

// The request's end is its span's: the parts of the one add up to the latency of the other.
void LoadGenerator::write_down(const RequestRecord& record, const SpanRecord* span) {
  surroundings_.recorder.request(record);
  if (span == nullptr) return;
  SpanRecord complete = *span;
  if (complete.sent == 0 && complete.attempts == 0) {  // nothing has become of it
    complete.connecting = record.done - record.sent;
    complete.sent = record.done;
  }
  if (complete.attempts == 0) complete.returned = record.done;
  complete.end = record.done;
  complete.failure = record.failure;
  surroundings_.recorder.span(complete);
}

void LoadGenerator::on_answer(Pending& pending, const Answer& answer) {
  RequestRecord record = pending.record;
  record.done = surroundings_.runtime.clock.now();
  record.status = answer.status;
  record.failure = answer.failure;
  const std::unique_ptr<SpanRecord> span = std::move(pending.span);
  pending_.remove(pending);
  write_down(record, span.get());
  if (!open_loop()) {
    think(static_cast<std::uint32_t>(record.number % config_.clients), record.number / config_.clients + 1);
  } else {
    check_finished();
  }
}

void LoadGenerator::give_up() {
  next_.reset();
  arrival_.cancel();
  thinking_.clear();
  clients_active_ = 0;
  std::vector<std::unique_ptr<Pending>> unfinished;
  while (!pending_.empty()) {
    unfinished.push_back(pending_.release(pending_.back()));
    unfinished.back()->call = nullptr;
  }
  std::ranges::sort(unfinished, {}, [](const std::unique_ptr<Pending>& pending) { return pending->record.number; });
  for (const std::unique_ptr<Pending>& pending : unfinished) {
    pending->record.done = surroundings_.runtime.clock.now();
    pending->record.failure = Failure::unfinished;
    write_down(pending->record, pending->span.get());
  }
  check_finished();
}

void LoadGenerator::check_finished() {
  if (!on_finished_ || next_.has_value() || clients_active_ > 0 || !pending_.empty()) return;
  grace_.cancel();
  surroundings_.recorder.event({surroundings_.runtime.clock.now(), "load_finished", config_.service,
                                "connections=" + std::to_string(client_.connections_max())});
  Callback on_finished = std::move(on_finished_);
  on_finished_ = {};
  on_finished();
}

}  // namespace meshtwin
