#pragma once

// Hands every record to two recorders: the one that figures are computed from, and the one that keeps it on disk.

#include <utility>

#include "mesh/telemetry/record.h"

namespace meshtwin {

class BothRecorders final : public Recorder {
 public:
  BothRecorders(Recorder& first, Recorder& second) : first_(first), second_(second) {}

  void request(const RequestRecord& record) override {
    first_.request(record);
    second_.request(record);
  }
  void attempt(const AttemptRecord& record) override {
    first_.attempt(record);
    second_.attempt(record);
  }
  void event(EventRecord record) override {
    first_.event(record);
    second_.event(std::move(record));
  }
  void access(AccessRecord record) override {
    first_.access(record);
    second_.access(std::move(record));
  }
  void span(const SpanRecord& record) override {
    first_.span(record);
    second_.span(record);
  }
  void metric(MetricRecord record) override {
    first_.metric(record);
    second_.metric(std::move(record));
  }

 private:
  Recorder& first_;
  Recorder& second_;
};

}  // namespace meshtwin
