#pragma once

// The store of a run on disk, written while the run goes on, so that a run that is killed has left all but its last
// moments. Whoever records only puts the record into a batch; a thread of the writer's own hands the batches to SQLite,
// a transaction each, several a second. When the thread falls far behind, recording waits for it. Tables and columns
// are those of store_schema.sql.

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mesh/telemetry/record.h"
#include "results/run_subject.h"
#include "results/sqlite.h"
#include "results/summary.h"

namespace meshtwin {

class StoreWriter final : public Recorder {
 public:
  // Makes the file. `facts` go into meta, beside what the subject says. Throws SqlError.
  StoreWriter(const std::string& path, const RunSubject& subject, const std::map<std::string, std::string>& facts);
  // What was recorded is in the store then; its state stays `running`.
  ~StoreWriter() override;

  void request(const RequestRecord& record) override;
  void attempt(const AttemptRecord& record) override;
  void event(EventRecord record) override;
  void access(AccessRecord record) override;
  void span(const SpanRecord& record) override;
  void metric(MetricRecord record) override;

  // The run is over: its state becomes `complete`, the store one file. Throws SqlError, also for what went wrong
  // before.
  void finish(const Summary& summary, const std::map<std::string, std::string>& facts);

 private:
  struct Batch {
    std::vector<RequestRecord> requests;
    std::vector<AttemptRecord> attempts;
    std::vector<EventRecord> events;
    std::vector<AccessRecord> accesses;
    std::vector<SpanRecord> spans;
    std::vector<MetricRecord> metrics;

    std::size_t size() const;
    void clear();
  };
  class Tables;

  template <typename Record>
  void put(std::vector<Record> Batch::*list, Record record);
  void write_batches();
  void stop();

  Database database_;
  std::mutex mutex_;
  std::condition_variable wake_;  // the thread: there is much, or it is over
  std::condition_variable room_;  // who records: the thread has taken what there was
  Batch batch_;
  std::size_t waiting_ = 0;  // records in it
  bool over_ = false;
  std::exception_ptr error_;  // the thread's; it takes no more then
  std::thread thread_;
};

}  // namespace meshtwin
