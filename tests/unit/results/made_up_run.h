#pragma once

// A run written by hand: four pods in two zones, and records short enough to compute every figure on paper.

#include "results/run_store.h"
#include "results/run_subject.h"

namespace meshtwin {

inline RunSubject two_zone_subject() {
  RunSubject subject;
  subject.scenario = "made-up";
  subject.world = "sim";
  subject.seed = 7;
  subject.duration = 10 * kSecond;
  subject.pods = {{"load-0", "", "az-a"},
                  {"frontend-az-a-0", "frontend", "az-a"},
                  {"backend-az-a-0", "backend", "az-a"},
                  {"backend-az-b-0", "backend", "az-b"}};
  subject.zones = {"az-a", "az-b"};
  subject.services = {"backend", "frontend"};
  subject.loads = {"2/s from az-a to frontend"};
  using Kind = RunSubject::Mark::Kind;
  subject.marks = {{4 * kSecond, Kind::fail, "backend", "az-a", "crash backend in az-a"},
                   {8 * kSecond, Kind::restore, "backend", "az-a", "restore backend in az-a"}};
  return subject;
}

inline RequestRecord request(std::uint64_t number, Time intended, Duration latency, Failure failure = Failure::none) {
  RequestRecord record;
  record.number = number;
  record.intended = intended;
  record.sent = intended + 10 * kMicrosecond;
  record.done = intended + latency;
  record.status = failure == Failure::none ? 200 : 0;
  record.failure = failure;
  return record;
}

inline AttemptRecord attempt(std::uint32_t to_pod, Time at, Failure failure = Failure::none, bool retry = false) {
  AttemptRecord record;
  record.from_pod = 1;
  record.to_pod = to_pod;
  record.at = at;
  record.done = at + kMillisecond;
  record.status = failure == Failure::none ? 200 : 0;
  record.failure = failure;
  record.retry = retry;
  return record;
}

// Ten requests, one a second, the k-th (from 0) taking (k + 1) ms; the one at 4 s fails.
inline void fill_ten_requests(Recorder& store) {
  for (std::uint64_t k = 0; k < 10; ++k) {
    const Time at = static_cast<Time>(k) * kSecond;
    const bool fails = k == 4;
    store.request(
        request(k, at, static_cast<Duration>(k + 1) * kMillisecond, fails ? Failure::connect_refused : Failure::none));
    const std::uint32_t pod = k < 4 || k >= 8 ? 2 : 3;
    store.attempt(attempt(fails ? 2 : pod, at + kMillisecond, fails ? Failure::connect_refused : Failure::none));
  }
}

}  // namespace meshtwin
