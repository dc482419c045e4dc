#pragma once

// Stores of made-up runs in a temporary folder, written as a run writes its own.

#include <filesystem>
#include <string>

#include "results/run_subject.h"
#include "results/sqlite.h"
#include "results/store_writer.h"

namespace meshtwin {

class MadeUpRuns {
 public:
  MadeUpRuns() {
    std::string name = (std::filesystem::temp_directory_path() / "meshtwin-report-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~MadeUpRuns() { std::filesystem::remove_all(path_); }
  MadeUpRuns(const MadeUpRuns&) = delete;
  MadeUpRuns& operator=(const MadeUpRuns&) = delete;

  std::string path(const std::string& below = "") const {
    return below.empty() ? path_.string() : (path_ / below).string();
  }

  // Two zones; a frontend and two backends in each, a load in the first. What is recorded is in the store when the
  // writer has gone.
  static RunSubject subject(const std::string& world) {
    RunSubject subject;
    subject.scenario = "made-up";
    subject.world = world;
    subject.seed = 7;
    subject.duration = 10 * kSecond;
    subject.pods = {
        {"frontend-a-0", "frontend", "a", "a-1", "10.1.0.2"}, {"backend-a-0", "backend", "a", "a-1", "10.1.0.3"},
        {"backend-a-1", "backend", "a", "a-1", "10.1.0.4"},   {"backend-b-0", "backend", "b", "b-1", "10.2.0.3"},
        {"backend-b-1", "backend", "b", "b-1", "10.2.0.4"},   {"load-0", "", "a", "a-1", "10.1.0.5"}};
    subject.loads = {"100/s from a to frontend"};
    return subject;
  }
  std::string store_path(const std::string& run, const std::string& world) const {
    std::filesystem::create_directories(path_ / run / world);
    return (path_ / run / world / "run.sqlite").string();
  }

 private:
  std::filesystem::path path_;
};

inline RequestRecord request(std::uint64_t number, Time at, Duration latency, Failure failure = Failure::none) {
  RequestRecord record;
  record.number = number;
  record.intended = record.sent = at;
  record.done = at + latency;
  record.status = failure == Failure::none ? 200 : 503;
  record.failure = failure;
  return record;
}

inline RequestRecord traced(RequestRecord record, std::uint64_t trace) {
  record.trace_low = trace;
  return record;
}

inline AttemptRecord attempt(std::uint32_t from, std::uint32_t to, Time at, Duration took, std::uint16_t status = 200) {
  AttemptRecord record;
  record.from_pod = from;
  record.to_pod = to;
  record.at = at;
  record.done = at + took;
  record.status = status;
  record.failure = status == 0 ? Failure::connect_refused : Failure::none;
  return record;
}

}  // namespace meshtwin
