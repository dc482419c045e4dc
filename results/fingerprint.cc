#include "results/fingerprint.h"

#include <fmt/format.h>

#include <initializer_list>

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

// `hash` begins as that of the kind of record.
std::uint64_t hash_fields(std::uint64_t hash, std::initializer_list<std::uint64_t> fields) {
  for (const std::uint64_t field : fields) hash = hash_mix(hash, field);
  return hash;
}

std::uint64_t bits(Time time) {
  return static_cast<std::uint64_t>(time);
}

}  // namespace

std::uint64_t fingerprint_of(const RunStore& store) {
  const std::uint64_t request = hash_text("request");
  const std::uint64_t attempt = hash_text("attempt");
  const std::uint64_t happened = hash_text("event");
  const std::uint64_t spanned = hash_text("span");
  std::uint64_t sum = 0;
  store.each_request([&](const RequestRecord& r) {
    sum += hash_fields(request, {r.load, r.number, bits(r.intended), bits(r.sent), bits(r.done), r.status,
                                 static_cast<std::uint64_t>(r.failure), r.trace_high, r.trace_low});
  });
  store.each_attempt([&](const AttemptRecord& a) {
    sum += hash_fields(attempt, {a.from_pod, a.to_pod, bits(a.at), bits(a.done), a.status,
                                 static_cast<std::uint64_t>(a.failure), a.retry ? 1ULL : 0ULL});
  });
  for (const EventRecord& e : store.events()) {
    sum += hash_fields(happened, {bits(e.at), hash_text(e.kind), hash_text(e.subject), hash_text(e.detail)});
  }
  for (const SpanRecord& s : store.spans()) {
    sum += hash_fields(spanned, {s.trace_high,
                                 s.trace_low,
                                 s.span,
                                 s.parent,
                                 s.pod,
                                 s.peer,
                                 static_cast<std::uint64_t>(s.kind),
                                 bits(s.begin),
                                 bits(s.sent),
                                 bits(s.returned),
                                 bits(s.end),
                                 bits(s.connecting),
                                 bits(s.dialling),
                                 bits(s.securing),
                                 bits(s.retrying),
                                 bits(s.computing),
                                 s.status,
                                 static_cast<std::uint64_t>(s.failure),
                                 s.attempts,
                                 static_cast<std::uint64_t>(s.method)});
  }
  return sum;
}

std::uint64_t arrivals_fingerprint_of(const RunStore& store) {
  const std::uint64_t arrival = hash_text("arrival");
  std::uint64_t sum = 0;
  store.each_request([&](const RequestRecord& r) {
    sum += hash_fields(arrival, {r.load, r.number, bits(r.intended)});
  });
  return sum;
}

std::string hex(std::uint64_t value) {
  return fmt::format("{:016x}", value);
}

}  // namespace meshtwin
