#include "mesh/workload/request_spans.h"

#include <charconv>

#include "mesh/telemetry/span_id.h"

namespace meshtwin {

RequestSpans::RequestSpans(std::uint32_t pod, const TraceContext& context, const RequestHead& head, Time now) {
  const std::string_view text = head.headers.get("x-envoy-attempt-count");
  std::uint64_t try_of_sender = 1;
  std::from_chars(text.data(), text.data() + text.size(), try_of_sender);
  server_.trace_high = context.trace_high;
  server_.trace_low = context.trace_low;
  server_.parent = context.span;
  server_.span = span_id_of(context.span, SpanKind::server, pod, try_of_sender);
  server_.pod = pod;
  server_.kind = SpanKind::server;
  server_.begin = now;
  server_.method = method_of(head.method());
}

void RequestSpans::on_worker(Time now) {
  server_.sent = now;
  has_worker_ = true;
}

void RequestSpans::on_compute(Time now) {
  compute_begun_ = now;
  computes_ = true;
}

void RequestSpans::on_computed(Time now) {
  if (computes_) server_.computing += now - compute_begun_;
  computes_ = false;
}

void RequestSpans::expect_calls(std::size_t count) {
  calls_.clear();
  calls_.resize(count);
}

// Its place in the call path alone would not do: a request that was tried twice makes it twice.
SpanRecord& RequestSpans::begin_call(std::size_t call, const TraceContext& context, Method method, Time now) {
  SpanRecord& span = calls_[call];
  span.trace_high = server_.trace_high;
  span.trace_low = server_.trace_low;
  span.parent = server_.span;
  span.span = span_id_of(hash_mix(server_.span, context.path), SpanKind::call, server_.pod, 0);
  span.pod = server_.pod;
  span.kind = SpanKind::call;
  span.begin = now;
  span.method = method;
  return span;
}

void RequestSpans::on_answer(Time now, std::uint16_t status) {
  server_.returned = now;
  server_.status = status;
}

void RequestSpans::end(Recorder& recorder, Time now) {
  server_.end = now;
  recorder.span(server_);
}

void RequestSpans::withdraw(Recorder& recorder, Time now) {
  on_computed(now);
  if (!has_worker_) server_.sent = now;
  server_.returned = now;
  server_.failure = Failure::reset;
  end(recorder, now);
}

}  // namespace meshtwin
