#include "results/store_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class StoreWriterTest : public ::testing::Test {
 protected:
  StoreWriterTest() {
    std::string pattern = (fs::temp_directory_path() / "meshtwin-store-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
    folder_ = pattern;
    path_ = folder_ + "/run.sqlite";
  }
  ~StoreWriterTest() override { fs::remove_all(folder_); }

  std::string text(const std::string& sql) const {
    return query_text(Database(path_, SqlMode::read_only), sql).value_or("NULL");
  }

  std::string folder_;
  std::string path_;
};

TEST_F(StoreWriterTest, EveryRecordIsARow) {
  {
    StoreWriter writer(path_, two_zone_subject(), {{"settings", "name: x"}});
    RequestRecord sampled = request(7, 1'000'000, 2'500'000, Failure::timeout);
    sampled.trace_high = 0xabc;
    sampled.trace_low = 1;
    writer.request(sampled);
    writer.request(request(8, 1'000'000, 2'000'000));
    writer.attempt({1, 2, -5, 6, 503, Failure::http_5xx, true});
    writer.event({-3, "ejected", "it's", "by \"frontend\""});
    writer.access({4, "p", "[line]"});
    SpanRecord span;
    span.trace_low = 1;
    span.span = 0xfedcba9876543210;
    span.kind = SpanKind::server;
    span.computing = 12;
    writer.span(span);
    for (const Time at : {5, 6}) writer.metric({at, 3, "up{a=\"b\"}", 0.5});
    RunStore store;
    Summary summary = summarise(store, two_zone_subject(), RunReport{});
    summary.roles["a/sidecar"] = {"sidecar", 77, -1};
    writer.finish(summary, {{"environment.x", "y"}});
  }
  EXPECT_EQ(text("SELECT group_concat(number || ' ' || latency_ns || ' ' || failure || ' ' || ifnull(trace, '-')) "
                 "FROM requests"),
            "7 2500000 TIMEOUT 0000000000000abc0000000000000001,8 2000000 NONE -");
  EXPECT_EQ(text("SELECT from_pod || ',' || to_pod || ',' || at_ns || ',' || status || ',' || retry FROM attempts"),
            "1,2,-5,503,1");
  EXPECT_EQ(text("SELECT subject || detail FROM decisions"), "it'sby \"frontend\"");
  EXPECT_EQ(text("SELECT span || kind || computing_ns || ifnull(parent, '-') || ifnull(peer, '-') FROM spans"),
            "fedcba9876543210server12--");
  EXPECT_EQ(text("SELECT count(*) || max(at_ns) || series || value FROM metrics"), "26up{a=\"b\"}0.5");
  EXPECT_EQ(text("SELECT count(*) FROM metric_series"), "1");
  EXPECT_EQ(text("SELECT line FROM accesses"), "[line]");
  EXPECT_EQ(text("SELECT name || kind || cpu_ns || ifnull(memory_peak, '-') FROM roles"), "a/sidecarsidecar77-");
  EXPECT_EQ(text("SELECT value FROM meta WHERE key = 'state'"), "complete");
  EXPECT_EQ(text("SELECT value FROM meta WHERE key = 'settings'"), "name: x");
  EXPECT_EQ(text("SELECT count(*) FROM pods"), std::to_string(two_zone_subject().pods.size()));
  EXPECT_THAT(text("SELECT value FROM meta WHERE key = 'summary'"), HasSubstr("\"latency_ms\""));
  EXPECT_FALSE(fs::exists(path_ + "-wal")) << "a finished store is one file";
}

TEST_F(StoreWriterTest, ManyRecordsAllArrive) {
  constexpr std::uint64_t kMany = 300'000;
  StoreWriter writer(path_, two_zone_subject(), {});
  for (std::uint64_t i = 0; i < kMany; ++i) writer.request(request(i, 1000, 2000));
  RunStore store;
  writer.finish(summarise(store, two_zone_subject(), RunReport{}), {});
  EXPECT_EQ(text("SELECT count(DISTINCT number) FROM requests"), std::to_string(kMany));
}

// A process is killed while it writes: what it had handed over is there, and the store says that it is not whole.
TEST_F(StoreWriterTest, AKilledWritersStoreIsReadable) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    StoreWriter writer(path_, two_zone_subject(), {});
    for (std::uint64_t i = 0;; ++i) {
      writer.request(request(i, 1000, 2000));
      if (i % 100 == 0) usleep(1000);
    }
  }
  const auto count = [&] { return fs::exists(path_) ? std::stoll(text("SELECT count(*) FROM requests")) : 0; };
  for (int tries = 0; tries < 3000; ++tries) {
    usleep(10'000);
    try {
      if (count() > 500) break;
    } catch (const SqlError&) {  // not laid out yet
    }
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const long long held = count();
  EXPECT_GT(held, 500);
  EXPECT_EQ(text("SELECT max(number) + 1 FROM requests"), std::to_string(held)) << "none is missing between";
  EXPECT_EQ(text("SELECT value FROM meta WHERE key = 'state'"), "running");
  EXPECT_EQ(text("PRAGMA integrity_check"), "ok");
}

TEST_F(StoreWriterTest, SaysWhatWentWrong) {
  EXPECT_THROW(Database(folder_ + "/none", SqlMode::read_only), SqlError);
  Database made(path_, SqlMode::create);
  EXPECT_THROW(Database(path_, SqlMode::create), SqlError);
  try {
    Statement(made, "SELECT * FROM absent");
    ADD_FAILURE();
  } catch (const SqlError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no such table: absent"));
  }
  EXPECT_THROW(Statement(made, "SELECT 1; SELECT 2"), SqlError);
  EXPECT_THROW(Statement(made, " "), SqlError);
}

}  // namespace
}  // namespace meshtwin
