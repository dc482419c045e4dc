#pragma once

// Keeps what a run writes down, in the order it comes, packed: millions of requests fit in tens of megabytes. Times are
// stored as differences to the record before, which are small because records come nearly in order of time; any order
// is allowed.

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mesh/telemetry/record.h"
#include "results/packed_bytes.h"

namespace meshtwin {

class RunStore : public Recorder {
 public:
  void request(const RequestRecord& record) override;
  void attempt(const AttemptRecord& record) override;
  void event(EventRecord record) override;
  void access(AccessRecord record) override { accesses_.push_back(std::move(record)); }
  void span(const SpanRecord& record) override { spans_.push_back(record); }
  void metric(MetricRecord record) override {
    const std::string& series = *series_.insert(std::move(record.series)).first;
    points_.push_back({record.at, record.pod, &series, record.value});
  }

  std::uint64_t request_count() const { return request_count_; }
  std::uint64_t attempt_count() const { return attempt_count_; }
  std::size_t bytes() const { return requests_.bytes() + attempts_.bytes(); }

  // In the order recorded; `visit` takes a const RequestRecord& or AttemptRecord&.
  template <typename Visit>
  void each_request(Visit&& visit) const {
    PackedBytes::Reader reader(requests_);
    RequestRecord record;
    for (std::uint64_t i = 0; i < request_count_; ++i) {
      next(reader, record);
      visit(static_cast<const RequestRecord&>(record));
    }
  }
  template <typename Visit>
  void each_attempt(Visit&& visit) const {
    PackedBytes::Reader reader(attempts_);
    AttemptRecord record;
    for (std::uint64_t i = 0; i < attempt_count_; ++i) {
      next(reader, record);
      visit(static_cast<const AttemptRecord&>(record));
    }
  }
  const std::vector<EventRecord>& events() const { return events_; }
  const std::vector<SpanRecord>& spans() const { return spans_; }
  // In the order recorded: visit(at, pod, series, value).
  template <typename Visit>
  void each_metric(Visit&& visit) const {
    for (const MetricPoint& point : points_) visit(point.at, point.pod, *point.series, point.value);
  }

  // By (load, number).
  std::vector<RequestRecord> ordered_requests() const;
  // By time, then proxy, line.
  std::vector<AccessRecord> ordered_accesses() const;
  bool has_accesses() const { return !accesses_.empty(); }
  // By time, then kind, subject, detail.
  std::vector<EventRecord> ordered_events() const;

 private:
  struct MetricPoint {
    Time at;
    std::uint32_t pod;
    const std::string* series;
    double value;
  };

  static void next(PackedBytes::Reader& reader, RequestRecord& record);
  static void next(PackedBytes::Reader& reader, AttemptRecord& record);

  PackedBytes requests_;
  PackedBytes attempts_;
  std::vector<EventRecord> events_;
  std::vector<AccessRecord> accesses_;
  std::vector<SpanRecord> spans_;
  std::set<std::string> series_;  // of metrics: each many times
  std::vector<MetricPoint> points_;
  std::uint64_t request_count_ = 0;
  std::uint64_t attempt_count_ = 0;
  RequestRecord last_request_;
  AttemptRecord last_attempt_;
};

}  // namespace meshtwin
