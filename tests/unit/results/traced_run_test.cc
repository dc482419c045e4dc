// A run's traces read back from its store.

#include "results/traced_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "mesh/base/problem.h"
#include "results/store_writer.h"
#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

class TracedRunTest : public ::testing::Test {
 protected:
  TracedRunTest() {
    std::string pattern = (fs::temp_directory_path() / "meshtwin-traced-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
    folder_ = pattern;
    path_ = folder_ + "/run.sqlite";
  }
  ~TracedRunTest() override { fs::remove_all(folder_); }

  std::string folder_;
  std::string path_;
};

TEST_F(TracedRunTest, EveryFieldComesBack) {
  SpanRecord span;
  span.trace_high = 0xf000000000000001;
  span.trace_low = 2;
  span.span = 0xfedcba9876543210;
  span.parent = 3;
  span.pod = 1;
  span.peer = 2;
  span.kind = SpanKind::outbound;
  span.begin = -4;
  span.sent = 5;
  span.returned = 6;
  span.end = 1LL << 60;
  span.connecting = 8;
  span.dialling = 7;
  span.securing = 9;
  span.retrying = 10;
  span.computing = 11;
  span.status = 503;
  span.failure = Failure::http_5xx;
  span.attempts = 12;
  span.method = Method::del;
  {
    StoreWriter writer(path_, two_zone_subject(), {});
    writer.span(span);
    RequestRecord sampled = request(7, 1000, 2000);
    sampled.trace_high = span.trace_high;
    sampled.trace_low = span.trace_low;
    writer.request(sampled);
    writer.request(request(6, 500, 2000, Failure::timeout));
  }
  const TracedRun run = read_traced_run(path_);
  EXPECT_EQ(run.world, "sim");
  EXPECT_EQ(run.loads, two_zone_subject().loads);
  EXPECT_EQ(run.service_of(0), "load-0");
  EXPECT_EQ(run.service_of(3), "backend");
  EXPECT_FALSE(run.complete) << "it was never finished";
  ASSERT_EQ(run.requests.size(), 2u);
  EXPECT_FALSE(run.requests[0].sampled());
  EXPECT_EQ(run.requests[0].failure, Failure::timeout);
  EXPECT_EQ(run.requests[1].trace_high, span.trace_high);
  const auto found = run.traces.find({span.trace_high, span.trace_low});
  ASSERT_NE(found, run.traces.end());
  ASSERT_EQ(found->second.size(), 1u);
  const SpanRecord& read = found->second[0];
  // All of them: a field that is not here would not be compared.
  const auto fields = [](const SpanRecord& record) {
    const auto& [high, low, id, parent, pod, peer, kind, begin, sent, returned, end, connecting, dialling, securing,
                 retrying, computing, status, failure, attempts, method] = record;
    return std::tuple(high, low, id, parent, pod, peer, kind, begin, sent, returned, end, connecting, dialling,
                      securing, retrying, computing, status, failure, attempts, method);
  };
  EXPECT_EQ(fields(read), fields(span));
}

TEST_F(TracedRunTest, LinksAreAsLongAsTheTimelineMadeThem) {
  RunSubject subject = two_zone_subject();
  subject.links = {{"az-a", "az-b", 4 * kMillisecond}};
  {
    StoreWriter writer(path_, subject, {});
    writer.event({5 * kSecond, "fault", "shape az-a–az-b", "rtt_ns=20000000 az-a az-b"});
    writer.event({6 * kSecond, "restore", "restore az-a–az-b", "rtt_ns=4000000 az-a az-b"});
    writer.event({7 * kSecond, "fault", "shape", "rtt_ns=nonsense"});
  }
  const TracedRun run = read_traced_run(path_);
  EXPECT_EQ(run.delay_between(2, 3, 0), 2 * kMillisecond);
  EXPECT_EQ(run.delay_between(3, 2, 5 * kSecond), 10 * kMillisecond);
  EXPECT_EQ(run.delay_between(2, 3, 9 * kSecond), 2 * kMillisecond);
  EXPECT_EQ(run.delay_between(1, 2, 0), 0) << "in one zone";
}

TEST_F(TracedRunTest, WhatIsNoStoreIsAProblemOfItsFile) {
  EXPECT_THROW(read_traced_run(path_), Problem);
  std::ofstream(path_) << "not a database, though long enough to be taken for one at a glance";
  EXPECT_THROW(read_traced_run(path_), Problem);
}

TEST(TraceId, IsReadFromEitherWidth) {
  EXPECT_EQ(parse_trace_id("0123456789abcdeffedcba9876543210"),
            (TraceId{0x0123456789abcdefULL, 0xfedcba9876543210ULL}));
  EXPECT_EQ(parse_trace_id("fedcba9876543210"), (TraceId{0, 0xfedcba9876543210ULL}));
  for (const char* bad :
       {"", "0", "0123456789abcdeffedcba987654321", "0123456789ABCDEFfedcba9876543210", "0x23456789abcdef"}) {
    EXPECT_FALSE(parse_trace_id(bad).has_value()) << bad;
  }
  EXPECT_EQ(to_hex(TraceId{1, 0xab}), "000000000000000100000000000000ab");
}

}  // namespace
}  // namespace meshtwin
