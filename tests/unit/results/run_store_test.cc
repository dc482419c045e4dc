#include "results/run_store.h"

#include <gtest/gtest.h>

#include <limits>
#include <tuple>
#include <vector>

#include "mesh/base/random.h"
#include "results/fingerprint.h"
#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

auto fields(const RequestRecord& r) {
  return std::tuple(r.load, r.number, r.intended, r.sent, r.done, r.status, r.failure);
}
auto fields(const AttemptRecord& a) {
  return std::tuple(a.from_pod, a.to_pod, a.at, a.done, a.status, a.failure, a.retry);
}

// Magnitudes of every size, both signs.
std::int64_t any_time(RandomStream& random) {
  const auto value = static_cast<std::int64_t>(random.bits() >> (2 + random.below(62)));
  return random.chance(0.5) ? value : -value;
}

TEST(RunStore, GivesBackWhatItWasGiven) {
  RandomStream random(11, "records");
  RunStore store;
  std::vector<RequestRecord> requests;
  std::vector<AttemptRecord> attempts;
  for (int i = 0; i < 20'000; ++i) {  // several storage blocks
    RequestRecord r{static_cast<std::uint32_t>(random.bits()),
                    random.bits() >> random.below(64),
                    any_time(random),
                    0,
                    0,
                    static_cast<std::uint16_t>(random.bits()),
                    static_cast<Failure>(random.below(kFailureCount))};
    r.sent = r.intended / 2 + any_time(random) / 4;
    r.done = r.sent / 2 + any_time(random) / 4;
    AttemptRecord a{static_cast<std::uint32_t>(random.bits()),
                    static_cast<std::uint32_t>(random.bits()),
                    any_time(random) / 2,
                    any_time(random) / 2,
                    static_cast<std::uint16_t>(random.bits()),
                    static_cast<Failure>(random.below(kFailureCount)),
                    random.chance(0.5)};
    requests.push_back(r);
    attempts.push_back(a);
    store.request(r);
    store.attempt(a);
  }
  std::size_t place = 0;
  store.each_request([&](const RequestRecord& r) {
    ASSERT_EQ(fields(r), fields(requests[place])) << "request " << place;
    ++place;
  });
  EXPECT_EQ(place, requests.size());
  place = 0;
  store.each_attempt([&](const AttemptRecord& a) {
    ASSERT_EQ(fields(a), fields(attempts[place])) << "attempt " << place;
    ++place;
  });
  EXPECT_EQ(place, attempts.size());
}

TEST(RunStore, KeepsARequestAndItsThreeAttemptsInUnder80Bytes) {
  RunStore store;
  constexpr std::uint64_t kRequests = 200'000;
  RandomStream random(1, "latency");
  for (std::uint64_t k = 0; k < kRequests; ++k) {
    const Time at = static_cast<Time>(k) * 500'000;
    store.request(request(k, at, 2 * kMillisecond + static_cast<Duration>(random.below(5'000'000))));
    for (std::uint32_t hop = 0; hop < 3; ++hop) store.attempt(attempt(1 + hop, at + hop * 300'000));
  }
  EXPECT_LT(store.bytes() / kRequests, 80u);
}

TEST(RunStore, OrdersRequestsByLoadAndNumberAndEventsByTime) {
  RunStore store;
  for (const auto& [load, number] :
       std::vector<std::pair<std::uint32_t, std::uint64_t>>{{1, 0}, {0, 2}, {1, 1}, {0, 0}}) {
    RequestRecord r = request(number, 5 - static_cast<Time>(number), 1);
    r.load = load;
    store.request(r);
  }
  std::vector<std::pair<std::uint32_t, std::uint64_t>> order;
  for (const RequestRecord& r : store.ordered_requests()) order.emplace_back(r.load, r.number);
  EXPECT_EQ(order, (std::vector<std::pair<std::uint32_t, std::uint64_t>>{{0, 0}, {0, 2}, {1, 0}, {1, 1}}));

  store.event({5, "ejected", "b", ""});
  store.event({-3, "config", "z", ""});
  store.event({5, "ejected", "a", ""});
  std::vector<std::string> subjects;
  for (const EventRecord& event : store.ordered_events()) subjects.push_back(event.subject);
  EXPECT_EQ(subjects, (std::vector<std::string>{"z", "a", "b"}));
}

struct Change {
  const char* field;
  void (*apply)(RequestRecord&, AttemptRecord&, EventRecord&);
};

constexpr Change kChanges[] = {
    {"request load", [](RequestRecord& r, AttemptRecord&, EventRecord&) { ++r.load; }},
    {"request number", [](RequestRecord& r, AttemptRecord&, EventRecord&) { ++r.number; }},
    {"request intended", [](RequestRecord& r, AttemptRecord&, EventRecord&) { ++r.intended; }},
    {"request sent", [](RequestRecord& r, AttemptRecord&, EventRecord&) { ++r.sent; }},
    {"request done", [](RequestRecord& r, AttemptRecord&, EventRecord&) { ++r.done; }},
    {"request status", [](RequestRecord& r, AttemptRecord&, EventRecord&) { ++r.status; }},
    {"request failure", [](RequestRecord& r, AttemptRecord&, EventRecord&) { r.failure = Failure::reset; }},
    {"attempt from_pod", [](RequestRecord&, AttemptRecord& a, EventRecord&) { ++a.from_pod; }},
    {"attempt to_pod", [](RequestRecord&, AttemptRecord& a, EventRecord&) { ++a.to_pod; }},
    {"attempt at", [](RequestRecord&, AttemptRecord& a, EventRecord&) { ++a.at; }},
    {"attempt done", [](RequestRecord&, AttemptRecord& a, EventRecord&) { ++a.done; }},
    {"attempt status", [](RequestRecord&, AttemptRecord& a, EventRecord&) { ++a.status; }},
    {"attempt failure", [](RequestRecord&, AttemptRecord& a, EventRecord&) { a.failure = Failure::timeout; }},
    {"attempt retry", [](RequestRecord&, AttemptRecord& a, EventRecord&) { a.retry = !a.retry; }},
    {"event at", [](RequestRecord&, AttemptRecord&, EventRecord& e) { ++e.at; }},
    {"event kind", [](RequestRecord&, AttemptRecord&, EventRecord& e) { e.kind += 'x'; }},
    {"event subject", [](RequestRecord&, AttemptRecord&, EventRecord& e) { e.subject += 'x'; }},
    {"event detail", [](RequestRecord&, AttemptRecord&, EventRecord& e) { e.detail += 'x'; }},
};

std::uint64_t fingerprint_after(const Change* change) {
  RunStore store;
  fill_ten_requests(store);
  RequestRecord r = request(10, kSecond, kMillisecond);
  AttemptRecord a = attempt(2, kSecond);
  EventRecord e{kSecond, "ejected", "backend-az-a-0", "by frontend-az-a-0"};
  if (change != nullptr) change->apply(r, a, e);
  store.request(r);
  store.attempt(a);
  store.event(e);
  return fingerprint_of(store);
}

TEST(Fingerprint, ChangesWithEveryField) {
  const std::uint64_t unchanged = fingerprint_after(nullptr);
  for (const Change& change : kChanges) EXPECT_NE(fingerprint_after(&change), unchanged) << change.field;
}

TEST(Fingerprint, DoesNotDependOnTheOrderOfRecording) {
  RunStore forward;
  RunStore backward;
  for (std::uint64_t k = 0; k < 5; ++k) forward.request(request(k, static_cast<Time>(k), 1));
  for (std::uint64_t k = 5; k-- > 0;) backward.request(request(k, static_cast<Time>(k), 1));
  EXPECT_EQ(fingerprint_of(forward), fingerprint_of(backward));
  EXPECT_EQ(hex(0x1a), "000000000000001a");
}

TEST(Fingerprint, OfArrivalsSeesOnlyTheSchedule) {
  RunStore fast;
  RunStore slow;
  RunStore other;
  fast.request(request(3, kSecond, 1 * kMillisecond));
  slow.request(request(3, kSecond, 9 * kMillisecond, Failure::timeout));
  other.request(request(3, kSecond + 1, 1 * kMillisecond));
  EXPECT_EQ(arrivals_fingerprint_of(fast), arrivals_fingerprint_of(slow));
  EXPECT_NE(arrivals_fingerprint_of(fast), arrivals_fingerprint_of(other));
}

}  // namespace
}  // namespace meshtwin
