#include "mesh/proxy/exchange_span.h"

#include "mesh/proxy/route_source.h"
#include "mesh/telemetry/span_id.h"
#include "mesh/wire/trace_context.h"

namespace meshtwin {
namespace {

ReceivedTrace begin_trace(ProxyContext& context) {
  TraceContext trace;
  trace.trace_high = context.trace_random.bits();
  trace.trace_low = context.trace_random.bits();
  trace.path = context.trace_random.bits();
  trace.sampled = is_sampled(trace.trace_low, context.tracing->sampling);
  return {trace, context.tracing->propagation};
}

}  // namespace

std::unique_ptr<ExchangeSpan> ExchangeSpan::begin(ProxyContext& context, bool inbound, Time begun, RequestHead& head) {
  const TraceFlag flag = trace_flag(head.headers);
  if (flag == TraceFlag::unsampled) return nullptr;
  ReceivedTrace trace;
  if (auto received = flag == TraceFlag::absent ? std::nullopt : read_trace(head.headers)) {
    trace = *received;
    if (flag == TraceFlag::undecided)
      trace.context.sampled = is_sampled(trace.context.trace_low, context.tracing->sampling);
  } else {
    trace = begin_trace(context);
  }
  const std::uint64_t parent = trace.context.span;  // 0: the trace begins here
  if (!trace.context.sampled) {
    trace.context.span = parent != 0 ? parent : trace.context.path;
    write_trace(head.headers, trace.context, trace.format, tracestate_of(head.headers));
    return nullptr;
  }
  std::unique_ptr<ExchangeSpan> span(new ExchangeSpan);
  span->inbound_ = inbound;
  SpanRecord& record = span->record_;
  record.trace_high = trace.context.trace_high;
  record.trace_low = trace.context.trace_low;
  record.parent = parent;
  record.pod = context.pod;
  record.kind = inbound ? SpanKind::inbound : context.span_kind;
  record.span =
      span_id_of(parent != 0 ? parent : trace.context.path, record.kind, context.pod, try_of_sender(head.headers));
  record.begin = begun;
  record.method = method_of(head.method());
  trace.context.span = record.span;
  if (flag == TraceFlag::sampled) {
    rewrite_span(head.headers, trace.context, trace.format);
  } else {
    write_trace(head.headers, trace.context, trace.format, tracestate_of(head.headers));
  }
  return span;
}

void ExchangeSpan::on_try(Time now, std::uint32_t pod) {
  if (record_.attempts++ == 0) first_try_ = now;
  try_begun_ = now;
  trying_ = true;
  sent_ = false;
  record_.retrying = now - first_try_;
  record_.connecting = record_.dialling = record_.securing = 0;
  record_.peer = inbound_ ? record_.pod : pod;
}

void ExchangeSpan::on_connection(Time now, const HttpPool& pool) {
  record_.connecting = now - try_begun_;
  record_.dialling = pool.dialling_since(try_begun_);
  record_.securing = pool.securing_since(try_begun_);
}

void ExchangeSpan::on_try_over(Time now, std::uint16_t status, Failure failure) {
  if (!sent_) {
    record_.connecting = record_.dialling = now - try_begun_;
    record_.sent = now;
  }
  trying_ = false;
  record_.returned = now;
  record_.status = status;
  record_.failure = failure;
}

void ExchangeSpan::end(Recorder& recorder, Time now) {
  if (trying_) on_try_over(now, record_.status, record_.failure);  // a filter has cut it off
  if (record_.attempts == 0) record_.sent = record_.returned = now;
  record_.end = now;
  recorder.span(record_);
}

}  // namespace meshtwin
