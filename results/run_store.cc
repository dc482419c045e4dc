#include "results/run_store.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace meshtwin {

void RunStore::request(const RequestRecord& record) {
  requests_.put(record.load);
  requests_.put_signed(static_cast<std::int64_t>(record.number - last_request_.number));
  requests_.put_difference(record.intended, last_request_.intended);
  requests_.put_difference(record.sent, record.intended);
  requests_.put_difference(record.done, record.sent);
  requests_.put(record.status);
  requests_.put(static_cast<std::uint64_t>(record.failure) * 2 + (record.sampled() ? 1 : 0));
  if (record.sampled()) {
    requests_.put(record.trace_high);
    requests_.put(record.trace_low);
  }
  last_request_ = record;
  ++request_count_;
}

void RunStore::next(PackedBytes::Reader& reader, RequestRecord& record) {
  record.load = static_cast<std::uint32_t>(reader.get());
  record.number += static_cast<std::uint64_t>(reader.get_signed());
  record.intended = reader.get_after(record.intended);
  record.sent = reader.get_after(record.intended);
  record.done = reader.get_after(record.sent);
  record.status = static_cast<std::uint16_t>(reader.get());
  const std::uint64_t flags = reader.get();
  record.failure = static_cast<Failure>(flags / 2);
  record.trace_high = flags % 2 == 1 ? reader.get() : 0;
  record.trace_low = flags % 2 == 1 ? reader.get() : 0;
}

void RunStore::attempt(const AttemptRecord& record) {
  attempts_.put(record.from_pod);
  attempts_.put(record.to_pod);
  attempts_.put_difference(record.at, last_attempt_.at);
  attempts_.put_difference(record.done, record.at);
  attempts_.put(record.status);
  attempts_.put(static_cast<std::uint64_t>(record.failure) * 2 + (record.retry ? 1 : 0));
  last_attempt_ = record;
  ++attempt_count_;
}

void RunStore::next(PackedBytes::Reader& reader, AttemptRecord& record) {
  record.from_pod = static_cast<std::uint32_t>(reader.get());
  record.to_pod = static_cast<std::uint32_t>(reader.get());
  record.at = reader.get_after(record.at);
  record.done = reader.get_after(record.at);
  record.status = static_cast<std::uint16_t>(reader.get());
  const std::uint64_t flags = reader.get();
  record.failure = static_cast<Failure>(flags / 2);
  record.retry = flags % 2 == 1;
}

void RunStore::event(EventRecord record) {
  events_.push_back(std::move(record));
}

std::vector<RequestRecord> RunStore::ordered_requests() const {
  std::vector<RequestRecord> ordered;
  ordered.reserve(request_count_);
  each_request([&ordered](const RequestRecord& record) { ordered.push_back(record); });
  std::sort(ordered.begin(), ordered.end(), [](const RequestRecord& a, const RequestRecord& b) {
    return std::tie(a.load, a.number) < std::tie(b.load, b.number);
  });
  return ordered;
}

std::vector<AccessRecord> RunStore::ordered_accesses() const {
  std::vector<AccessRecord> ordered = accesses_;
  std::sort(ordered.begin(), ordered.end(), [](const AccessRecord& a, const AccessRecord& b) {
    return std::tie(a.at, a.proxy, a.line) < std::tie(b.at, b.proxy, b.line);
  });
  return ordered;
}

std::vector<EventRecord> RunStore::ordered_events() const {
  std::vector<EventRecord> ordered = events_;
  std::sort(ordered.begin(), ordered.end(), [](const EventRecord& a, const EventRecord& b) {
    return std::tie(a.at, a.kind, a.subject, a.detail) < std::tie(b.at, b.kind, b.subject, b.detail);
  });
  return ordered;
}

}  // namespace meshtwin
