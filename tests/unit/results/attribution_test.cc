// A request's latency taken apart: against one worked out by hand, and the sum of the parts over made-up traces.

#include "results/attribution.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mesh/base/random.h"
#include "results/explanation.h"

namespace meshtwin {
namespace {

constexpr Duration kMs = kMillisecond;

// load-0 in zone a, front in a, back in b; 3 ms from one zone to the other.
TracedRun some_run() {
  TracedRun run;
  run.world = "sim";
  run.pods = {{"load-0", "", "a"}, {"front-a-0", "front", "a"}, {"back-b-0", "back", "b"}, {"back-b-1", "back", "b"}};
  run.loads = {"10/s from a to front"};
  run.delays[{"a", "b"}] = run.delays[{"b", "a"}] = {{-kSecond, 3 * kMs}, {kSecond, 5 * kMs}};
  return run;
}

struct Times {
  Time begin, sent, returned, end;
};

SpanRecord span(std::uint64_t id, std::uint64_t parent, SpanKind kind, std::uint32_t pod, Times ms) {
  SpanRecord record;
  record.trace_low = 1;
  record.span = id;
  record.parent = parent;
  record.kind = kind;
  record.pod = pod;
  record.begin = ms.begin * kMs;
  record.sent = ms.sent * kMs;
  record.returned = ms.returned * kMs;
  record.end = ms.end * kMs;
  record.attempts = kind == SpanKind::server ? 0 : 1;
  return record;
}

Duration of(const Attribution& attribution, const std::string& hop, Part part) {
  const auto found = std::ranges::find(attribution.hops, hop, &HopParts::hop);
  return found == attribution.hops.end() ? -1 : found->parts[part];
}

TEST(Attribution, EachPartOfARequestThroughTwoZones) {
  std::vector<SpanRecord> spans;
  spans.push_back(span(1, 0, SpanKind::load, 0, {0, 5, 95, 96}));
  spans.back().connecting = 2 * kMs;
  spans.back().dialling = kMs;
  spans.push_back(span(2, 1, SpanKind::outbound, 0, {6, 20, 93, 94}));
  spans.back().retrying = 4 * kMs;
  spans.back().connecting = spans.back().dialling = 7 * kMs;
  spans.back().securing = 5 * kMs;
  spans.back().attempts = 2;
  spans.push_back(span(9, 2, SpanKind::inbound, 2, {8, 8, 9, 9}));  // the first try: not what was waited for
  spans.push_back(span(3, 2, SpanKind::inbound, 3, {25, 26, 87, 88}));
  spans.push_back(span(4, 3, SpanKind::server, 3, {27, 37, 84, 85}));
  spans.back().computing = 10 * kMs;
  spans.push_back(span(5, 4, SpanKind::call, 3, {50, 51, 59, 60}));  // at once with the next, which takes longer
  spans.push_back(span(6, 4, SpanKind::call, 3, {51, 53, 69, 70}));
  spans.push_back(span(7, 6, SpanKind::server, 1, {57, 57, 66, 66}));
  const TracedRun run = some_run();
  const Attribution attribution = attribute(run, spans, kMs);
  EXPECT_EQ(attribution.latency, 96 * kMs);
  EXPECT_EQ(attribution.total().sum(), 96 * kMs);
  const struct {
    const char* hop;
    Part part;
    Duration ms;
  } expected[] = {
      {"load-0", Part::lateness, 1},
      {"load-0", Part::connection, 1},
      {"load-0", Part::pool, 1},
      {"load-0", Part::application, 2 + 1},
      {"load-0 outbound", Part::kernel, 2},  // 5 to 6, 94 to 95
      {"load-0 outbound", Part::retries, 4},
      {"load-0 outbound", Part::handshake, 5},
      {"load-0 outbound", Part::connection, 2},
      {"load-0 outbound", Part::proxy, 3 + 1},
      {"back inbound", Part::network, 6},
      {"back inbound", Part::kernel, (5 + 5) - 6},
      {"back inbound", Part::proxy, 1 + 1},
      {"back", Part::kernel, 1 + 2},
      {"back", Part::queue, 10},
      {"back", Part::compute, 10},
      {"back", Part::application, (47 - 10 - 19) + 1},
      {"back calling", Part::application, 2 + 1},
      {"front", Part::network, 6},
      {"front", Part::kernel, (4 + 3) - 6},
      {"front", Part::application, 9},
  };
  Duration named = 0;
  for (const auto& row : expected) {
    EXPECT_EQ(of(attribution, row.hop, row.part), row.ms * kMs) << row.hop << ' ' << name_of(row.part);
    named += row.ms * kMs;
  }
  EXPECT_EQ(named, attribution.latency) << "and nothing else";
}

TEST(Attribution, ALinkThatIsShapedIsAsLongAsItWasThen) {
  const TracedRun run = some_run();
  const std::vector<SpanRecord> spans = {span(1, 0, SpanKind::load, 0, {998, 998, 1012, 1012}),
                                         span(2, 1, SpanKind::server, 2, {1002, 1002, 1006, 1006})};
  EXPECT_EQ(of(attribute(run, spans, 0), "back", Part::network), (3 + 5) * kMs);
  EXPECT_EQ(of(attribute(run, spans, 0), "back", Part::kernel), 2 * kMs);
}

TEST(Attribution, WhatTwoRolesHaveInCommonIsTheReceivers) {
  for (const Time end : {21, 60}) {  // the second was put off the processor after its write
    const std::vector<SpanRecord> spans = {span(1, 0, SpanKind::load, 0, {0, 5, 20, 20}),
                                           span(2, 1, SpanKind::inbound, 1, {3, 6, 18, end})};
    const Attribution attribution = attribute(some_run(), spans, 0);
    EXPECT_EQ(of(attribution, "load-0", Part::application), 3 * kMs);
    EXPECT_EQ(of(attribution, "front inbound", Part::kernel), 0);
    EXPECT_EQ(of(attribution, "front inbound", Part::proxy), (3 + 2) * kMs);
    EXPECT_EQ(attribution.total().sum(), 20 * kMs);
  }
}

TEST(Attribution, WhatNobodyWroteDownIsUnseenOrAProgramsOwn) {
  const TracedRun run = some_run();
  std::vector<SpanRecord> spans = {span(1, 0, SpanKind::load, 0, {0, 0, 10, 10}),
                                   span(2, 1, SpanKind::inbound, 1, {1, 2, 8, 9})};
  EXPECT_EQ(of(attribute(run, spans, 0), "front inbound", Part::application), 6 * kMs);
  spans[1] = span(2, 1, SpanKind::server, 1, {1, 2, 800, 900});  // its client gave it up
  EXPECT_EQ(of(attribute(run, spans, 0), "load-0", Part::unseen), 10 * kMs);
  EXPECT_TRUE(attribute(run, {}, 0).hops.empty());
  EXPECT_TRUE(attribute(run, {span(2, 7, SpanKind::server, 1, {1, 2, 3, 4})}, 0).hops.empty());
}

TEST(Attribution, SpansThatAreTheirOwnParentsComeToAnEnd) {
  const TracedRun run = some_run();
  const std::vector<SpanRecord> spans = {
      span(1, 0, SpanKind::load, 0, {0, 0, 10, 10}), span(1, 1, SpanKind::outbound, 0, {1, 1, 9, 9}),
      span(3, 1, SpanKind::server, 1, {2, 2, 8, 8}), span(3, 3, SpanKind::call, 1, {3, 3, 7, 7})};
  EXPECT_EQ(attribute(run, spans, 0).total().sum(), 10 * kMs);
}

// Whatever the tree and its times: gaps that are negative, children that overlap or were given up.
class MadeUpTrace {
 public:
  explicit MadeUpTrace(std::uint64_t seed) : random_(seed, "trace") {
    add(0, SpanKind::load, 0, 1'000'000 + below(1'000'000), 0);
  }
  std::vector<SpanRecord> spans;

 private:
  Duration below(std::uint64_t n) { return static_cast<Duration>(random_.below(n)); }

  void add(std::uint64_t parent, SpanKind kind, Time begin, Duration length, int depth) {
    std::array<Duration, 2> cut = {below(static_cast<std::uint64_t>(length + 1)),
                                   below(static_cast<std::uint64_t>(length + 1))};
    std::ranges::sort(cut);
    SpanRecord record;
    record.span = ++last_;
    record.parent = parent;
    record.kind = kind;
    record.pod = static_cast<std::uint32_t>(random_.below(4));
    record.begin = begin;
    record.sent = begin + cut[0];
    record.returned = begin + cut[1];
    record.end = begin + length;
    record.connecting = below(static_cast<std::uint64_t>(cut[0] + 1));
    record.dialling = below(static_cast<std::uint64_t>(record.connecting + 1));
    record.securing = below(static_cast<std::uint64_t>(record.dialling + 1));
    record.retrying = below(static_cast<std::uint64_t>(cut[0] - record.connecting + 1));
    record.computing = below(static_cast<std::uint64_t>(cut[1] - cut[0] + 1));
    record.attempts = 1;
    spans.push_back(record);
    const auto children = random_.below(4);
    for (std::uint64_t i = 0; depth < 5 && i < children; ++i) {
      const SpanKind next = kind == SpanKind::server ? SpanKind::call : static_cast<SpanKind>(2 + random_.below(5));
      const Duration room = record.returned - record.sent;
      const Time from = record.sent - 1000 + below(static_cast<std::uint64_t>(room + 2000));
      add(record.span, next, from, below(static_cast<std::uint64_t>(room + 20'000'000 * (random_.below(8) == 0) + 1)),
          depth + 1);
    }
  }

  RandomStream random_;
  std::uint64_t last_ = 0;
};

TEST(Attribution, PartsAddUpToTheLatencyWhateverTheTrace) {
  const TracedRun run = some_run();
  std::size_t spans = 0;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    const MadeUpTrace trace(seed);
    spans += trace.spans.size();
    const Attribution attribution = attribute(run, trace.spans, 7);
    ASSERT_EQ(attribution.latency, trace.spans.front().end - trace.spans.front().begin) << seed;
    ASSERT_EQ(attribution.total().sum(), attribution.latency) << seed;
  }
  EXPECT_GT(spans, 10'000u);
}

// Request i takes i + 1 ms, every second is sampled; all of its time is the handler's.
TracedRun hundred_requests() {
  TracedRun run = some_run();
  run.loads.emplace_back("1/s from a to back");
  for (std::uint64_t i = 0; i < 100; ++i) {
    RequestRecord request;
    request.load = i < 90 ? 0 : 1;
    request.number = i;
    request.intended = request.sent = static_cast<Time>(i) * kSecond;
    request.done = request.intended + static_cast<Duration>(i + 1) * kMs;
    if (i % 2 == 0) request.trace_low = i + 1;
    run.requests.push_back(request);
    if (i % 2 != 0) continue;
    SpanRecord root = span(1, 0, SpanKind::load, 0, {});
    root.begin = root.sent = request.intended;
    root.returned = root.end = request.done;
    SpanRecord served = root;
    served.span = 2;
    served.parent = 1;
    served.pod = 1;
    served.kind = SpanKind::server;
    served.computing = request.done - request.intended;
    run.traces[{0, i + 1}] = {root, served};
  }
  return run;
}

TEST(Explanation, AQuantileIsTheMeanOfItsNeighbours) {
  const TracedRun run = hundred_requests();
  Selection selection;
  selection.quantile = 0.5;
  const Explanation median = explain(run, selection);
  EXPECT_EQ(median.requests, 100u);
  EXPECT_EQ(median.figure, 50 * kMs);
  // Ranks 45 to 55: of 45, 47, …, 55 ms, those that are sampled.
  EXPECT_EQ(median.averaged, 6u);
  EXPECT_DOUBLE_EQ(median.latency, 50e6);
  EXPECT_DOUBLE_EQ(median.total(Part::compute), 50e6);
  selection.quantile = 0.99;
  const Explanation tail = explain(run, selection);
  EXPECT_DOUBLE_EQ(tail.low, 0.98);
  EXPECT_DOUBLE_EQ(tail.high, 1);
  EXPECT_EQ(tail.figure, 99 * kMs);
  EXPECT_EQ(tail.averaged, 1u);
  selection.quantile = {};
  EXPECT_EQ(explain(run, selection).averaged, 50u);
  EXPECT_EQ(explain(run, selection).figure, 50'500'000);
}

TEST(Explanation, TakesThePhaseAndTheRouteAskedFor) {
  const TracedRun run = hundred_requests();
  Selection selection;
  selection.begin = 10 * kSecond;
  selection.end = 20 * kSecond;
  EXPECT_EQ(explain(run, selection).requests, 10u);
  Selection route;
  route.service = "back";
  EXPECT_EQ(explain(run, route).requests, 10u);
  route.service.clear();
  route.load = 0;
  EXPECT_EQ(explain(run, route).requests, 90u);
  route.load = 7;
  EXPECT_EQ(explain(run, route).requests, 0u);
  EXPECT_EQ(explain(run, route).averaged, 0u);
}

}  // namespace
}  // namespace meshtwin
