#include "results/fingerprint.h"

#include <fmt/format.h>

#include <initializer_list>

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

std::uint64_t hash_fields(std::string_view kind, std::initializer_list<std::uint64_t> fields) {
  std::uint64_t hash = hash_text(kind);
  for (const std::uint64_t field : fields) hash = hash_mix(hash, field);
  return hash;
}

std::uint64_t bits(Time time) {
  return static_cast<std::uint64_t>(time);
}

}  // namespace

std::uint64_t fingerprint_of(const RunStore& store) {
  std::uint64_t sum = 0;
  store.each_request([&sum](const RequestRecord& r) {
    sum += hash_fields("request", {r.load, r.number, bits(r.intended), bits(r.sent), bits(r.done), r.status,
                                   static_cast<std::uint64_t>(r.failure)});
  });
  store.each_attempt([&sum](const AttemptRecord& a) {
    sum += hash_fields("attempt", {a.from_pod, a.to_pod, bits(a.at), bits(a.done), a.status,
                                   static_cast<std::uint64_t>(a.failure), a.retry ? 1ULL : 0ULL});
  });
  for (const EventRecord& e : store.events()) {
    sum += hash_fields("event", {bits(e.at), hash_text(e.kind), hash_text(e.subject), hash_text(e.detail)});
  }
  return sum;
}

std::uint64_t arrivals_fingerprint_of(const RunStore& store) {
  std::uint64_t sum = 0;
  store.each_request([&sum](const RequestRecord& r) {
    sum += hash_fields("arrival", {r.load, r.number, bits(r.intended)});
  });
  return sum;
}

std::string hex(std::uint64_t value) {
  return fmt::format("{:016x}", value);
}

}  // namespace meshtwin
