#include "results/store_writer.h"

#include <chrono>
#include <utility>

#include "generated/store_schema.h"
#include "results/fingerprint.h"
#include "results/summary_json.h"

namespace meshtwin {
namespace {

constexpr std::chrono::milliseconds kWriteEvery{250};
constexpr std::size_t kWriteAt = 1 << 16;    // records
constexpr std::size_t kWaitAbove = 1 << 20;  // likewise: then recording waits

std::int64_t signed_of(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

std::string trace_of(std::uint64_t high, std::uint64_t low) {
  return hex(high) + hex(low);
}

void put_fact(const Database& database, const std::string& key, const std::string& value) {
  Statement(database, "INSERT OR REPLACE INTO meta VALUES (?, ?)").bind(0, key).bind(1, value).run();
}

void put_subject(const Database& database, const RunSubject& subject) {
  put_fact(database, "schema", "1");
  put_fact(database, "state", "running");
  put_fact(database, "scenario", subject.scenario);
  put_fact(database, "world", subject.world);
  put_fact(database, "seed", std::to_string(subject.seed));
  put_fact(database, "duration_ns", std::to_string(subject.duration));
  for (const auto& [key, value] : subject.provenance) put_fact(database, "provenance." + key, value);
  Statement pod(database, "INSERT INTO pods VALUES (?, ?, ?, ?, ?, ?)");
  for (std::size_t i = 0; i < subject.pods.size(); ++i) {
    const RunSubject::Pod& one = subject.pods[i];
    pod.bind(0, signed_of(i)).bind(1, one.name).bind(2, one.service).bind(3, one.zone);
    pod.bind(4, one.node).bind(5, one.address).run();
  }
  Statement load(database, "INSERT INTO loads VALUES (?, ?)");
  for (std::size_t i = 0; i < subject.loads.size(); ++i) load.bind(0, signed_of(i)).bind(1, subject.loads[i]).run();
  Statement link(database, "INSERT INTO links VALUES (?, ?, ?, ?, ?, ?)");
  for (const RunSubject::Link& one : subject.links) {
    link.bind(0, one.zone_a).bind(1, one.zone_b).bind(2, one.rtt).bind(3, one.jitter);
    link.bind(4, one.loss).bind(5, one.bandwidth_bps).run();
  }
}

}  // namespace

std::size_t StoreWriter::Batch::size() const {
  return requests.size() + attempts.size() + events.size() + accesses.size() + spans.size() + metrics.size();
}

// Keeps the room for the next.
void StoreWriter::Batch::clear() {
  requests.clear();
  attempts.clear();
  events.clear();
  accesses.clear();
  spans.clear();
  metrics.clear();
}

// The statements that records go through.
class StoreWriter::Tables {
 public:
  explicit Tables(const Database& database)
      : database_(database),
        requests_(database, "INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        attempts_(database, "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?)"),
        events_(database, "INSERT INTO events VALUES (?, ?, ?, ?)"),
        accesses_(database, "INSERT INTO accesses VALUES (?, ?, ?)"),
        spans_(database, "INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        series_(database, "INSERT INTO metric_series VALUES (?, ?)"),
        points_(database, "INSERT INTO metric_points VALUES (?, ?, ?, ?)") {}

  void put(const RequestRecord& r) {
    requests_.bind(0, std::int64_t{r.load}).bind(1, signed_of(r.number)).bind(2, r.intended).bind(3, r.sent);
    requests_.bind(4, r.done).bind(5, r.done - r.intended).bind(6, std::int64_t{r.status}).bind(7, name_of(r.failure));
    if (r.sampled()) {
      requests_.bind(8, trace_of(r.trace_high, r.trace_low));
    } else {
      requests_.bind_null(8);
    }
    requests_.run();
  }
  void put(const AttemptRecord& a) {
    attempts_.bind(0, std::int64_t{a.from_pod}).bind(1, std::int64_t{a.to_pod}).bind(2, a.at).bind(3, a.done);
    attempts_.bind(4, std::int64_t{a.status}).bind(5, name_of(a.failure)).bind(6, std::int64_t{a.retry}).run();
  }
  void put(const EventRecord& e) { events_.bind(0, e.at).bind(1, e.kind).bind(2, e.subject).bind(3, e.detail).run(); }
  void put(const AccessRecord& a) { accesses_.bind(0, a.at).bind(1, a.proxy).bind(2, a.line).run(); }
  void put(const SpanRecord& s) {
    spans_.bind(0, trace_of(s.trace_high, s.trace_low)).bind(1, hex(s.span));
    s.parent == 0 ? spans_.bind_null(2) : spans_.bind(2, hex(s.parent));
    spans_.bind(3, std::int64_t{s.pod});
    s.peer == kNoPeer ? spans_.bind_null(4) : spans_.bind(4, std::int64_t{s.peer});
    spans_.bind(5, name_of(s.kind)).bind(6, s.begin).bind(7, s.sent).bind(8, s.returned).bind(9, s.end);
    spans_.bind(10, s.connecting).bind(11, s.dialling).bind(12, s.securing).bind(13, s.retrying).bind(14, s.computing);
    spans_.bind(15, std::int64_t{s.status}).bind(16, name_of(s.failure)).bind(17, std::int64_t{s.attempts});
    spans_.bind(18, name_of(s.method)).run();
  }
  void put(const MetricRecord& m) {
    const auto [place, fresh] = series_ids_.try_emplace(m.series, signed_of(series_ids_.size()));
    if (fresh) series_.bind(0, place->second).bind(1, m.series).run();
    points_.bind(0, m.at).bind(1, std::int64_t{m.pod}).bind(2, place->second).bind(3, m.value).run();
  }

  void put_all(Batch& batch) {
    Statement(database_, "BEGIN").run();
    for (const RequestRecord& record : batch.requests) put(record);
    for (const AttemptRecord& record : batch.attempts) put(record);
    for (const EventRecord& record : batch.events) put(record);
    for (const AccessRecord& record : batch.accesses) put(record);
    for (const SpanRecord& record : batch.spans) put(record);
    for (const MetricRecord& record : batch.metrics) put(record);
    Statement(database_, "COMMIT").run();
    batch.clear();
  }

 private:
  const Database& database_;
  Statement requests_;
  Statement attempts_;
  Statement events_;
  Statement accesses_;
  Statement spans_;
  Statement series_;
  Statement points_;
  std::map<std::string, std::int64_t> series_ids_;
};

// A process that dies loses nothing that it has written, with or without waiting for the disk: synchronous is off.
StoreWriter::StoreWriter(const std::string& path, const RunSubject& subject,
                         const std::map<std::string, std::string>& facts)
    : database_(path, SqlMode::create) {
  database_.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 4000;");
  database_.run(std::string("BEGIN;") + kStoreSchema);
  put_subject(database_, subject);
  for (const auto& [key, value] : facts) put_fact(database_, key, value);
  database_.run("COMMIT");
  thread_ = std::thread([this] { write_batches(); });
}

StoreWriter::~StoreWriter() {
  stop();
}

void StoreWriter::write_batches() try {
  Tables tables(database_);
  Batch taken;
  for (bool over = false; !over;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kWriteEvery, [this] { return over_ || waiting_ >= kWriteAt; });
      over = over_;
      std::swap(taken, batch_);
      waiting_ = 0;
    }
    room_.notify_all();
    if (taken.size() > 0) tables.put_all(taken);
  }
} catch (...) {
  const std::lock_guard lock(mutex_);
  error_ = std::current_exception();
  room_.notify_all();
}

template <typename Record>
void StoreWriter::put(std::vector<Record> Batch::*list, Record record) {
  std::unique_lock lock(mutex_);
  if (error_ != nullptr) return;
  if (waiting_ >= kWaitAbove) room_.wait(lock, [this] { return error_ != nullptr || waiting_ < kWaitAbove; });
  (batch_.*list).push_back(std::move(record));
  if (++waiting_ == kWriteAt) wake_.notify_one();
}

void StoreWriter::request(const RequestRecord& record) {
  put(&Batch::requests, record);
}
void StoreWriter::attempt(const AttemptRecord& record) {
  put(&Batch::attempts, record);
}
void StoreWriter::event(EventRecord record) {
  put(&Batch::events, std::move(record));
}
void StoreWriter::access(AccessRecord record) {
  put(&Batch::accesses, std::move(record));
}
void StoreWriter::span(const SpanRecord& record) {
  put(&Batch::spans, record);
}
void StoreWriter::metric(MetricRecord record) {
  put(&Batch::metrics, std::move(record));
}

void StoreWriter::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void StoreWriter::finish(const Summary& summary, const std::map<std::string, std::string>& facts) {
  stop();
  if (error_ != nullptr) std::rethrow_exception(error_);
  database_.run("BEGIN; CREATE INDEX spans_by_trace ON spans (trace);");
  Statement role(database_, "INSERT INTO roles VALUES (?, ?, ?, ?)");
  for (const auto& [name, figures] : summary.roles) {
    role.bind(0, name).bind(1, figures.kind).bind(2, figures.cpu);
    figures.memory_peak < 0 ? role.bind_null(3) : role.bind(3, figures.memory_peak);
    role.run();
  }
  for (const auto& [key, value] : facts) put_fact(database_, key, value);
  put_fact(database_, "fingerprint", hex(summary.fingerprint));
  put_fact(database_, "valid", summary.valid() ? "true" : "false");
  put_fact(database_, "summary", to_json(summary));
  put_fact(database_, "state", "complete");
  database_.run("COMMIT; PRAGMA journal_mode = DELETE;");
}

}  // namespace meshtwin
