#include "emu/stream_recorder.h"

#include "emu/record_codec.h"

namespace meshtwin {

namespace {

constexpr Duration kFlushAfter = 100 * kMillisecond;
constexpr std::size_t kFlushAt = 128 * 1024;

}  // namespace

void StreamRecorder::request(const RequestRecord& record) {
  if (!begun_) return early_requests_.push_back(record);
  append_record(batch_, record);
  grown();
}

void StreamRecorder::attempt(const AttemptRecord& record) {
  if (!begun_) return early_attempts_.push_back(record);
  append_record(batch_, record);
  grown();
}

void StreamRecorder::event(EventRecord record) {
  if (!begun_) return early_events_.push_back(std::move(record));
  append_record(batch_, record);
  grown();
}

void StreamRecorder::access(AccessRecord record) {
  if (!begun_) return early_accesses_.push_back(std::move(record));
  append_record(batch_, record);
  grown();
}

void StreamRecorder::span(const SpanRecord& record) {
  if (!begun_) return early_spans_.push_back(record);
  append_record(batch_, record);
  grown();
}

void StreamRecorder::metric(MetricRecord record) {
  if (!begun_) return early_metrics_.push_back(std::move(record));
  append_record(batch_, record);
  grown();
}

void StreamRecorder::begin(Duration later) {
  begun_ = true;
  for (RequestRecord& record : early_requests_) {
    for (Time RequestRecord::*time : {&RequestRecord::intended, &RequestRecord::sent, &RequestRecord::done}) {
      record.*time -= later;
    }
    request(record);
  }
  for (AttemptRecord& record : early_attempts_) {
    record.at -= later;
    record.done -= later;
    attempt(record);
  }
  for (EventRecord& record : early_events_) {
    record.at -= later;
    event(std::move(record));
  }
  for (AccessRecord& record : early_accesses_) {
    record.at -= later;
    access(std::move(record));
  }
  for (SpanRecord& record : early_spans_) {
    for (Time SpanRecord::*time : {&SpanRecord::begin, &SpanRecord::sent, &SpanRecord::returned, &SpanRecord::end}) {
      record.*time -= later;
    }
    span(record);
  }
  for (MetricRecord& record : early_metrics_) {
    record.at -= later;
    metric(std::move(record));
  }
  early_spans_.clear();
  early_metrics_.clear();
  early_accesses_.clear();
  early_requests_.clear();
  early_attempts_.clear();
  early_events_.clear();
}

void StreamRecorder::grown() {
  if (batch_.size() >= kFlushAt) {
    flush();
  } else if (!flush_timer_pending_) {
    flush_timer_pending_ = true;
    flush_timer_ = clock_.after(kFlushAfter, [this] { flush(); });
  }
}

void StreamRecorder::flush() {
  flush_timer_.cancel();
  flush_timer_pending_ = false;
  if (batch_.empty()) return;
  send_(batch_);
  batch_.clear();
}

}  // namespace meshtwin
