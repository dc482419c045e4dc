// Services and load in a world of memory without a mesh: queueing against times worked out by hand, call graphs, loads.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mesh/workload/load_generator.h"
#include "mesh/workload/workload.h"
#include "tests/unit/support/memory_world.h"

namespace meshtwin::testing_world {
namespace {

class KeptRecords final : public Recorder {
 public:
  void request(const RequestRecord& record) override { requests.push_back(record); }
  void attempt(const AttemptRecord& record) override { attempts.push_back(record); }
  void access(AccessRecord) override {}
  void span(const SpanRecord& record) override { spans.push_back(record); }
  void metric(MetricRecord) override {}
  void event(EventRecord record) override { events.push_back(std::move(record)); }
  std::vector<RequestRecord> requests;
  std::vector<AttemptRecord> attempts;
  std::vector<EventRecord> events;
  std::vector<SpanRecord> spans;
};

struct Services {
  explicit Services(Wire the_wire = Wire::modelled, std::uint64_t seed = 1) : world(seed), wire(the_wire) {
    world.shape.latency = 0;
  }
  RoleSurroundings at(std::uint32_t pod) {
    const std::uint32_t ip = 0x0a010001 + pod;
    pod_of_ip[ip] = pod;
    return {world.runtime, world.pod(ip), records, wire, pod, pod_of_ip};
  }
  Workload& add(std::uint32_t pod, WorkloadConfig config) {
    world.hosts[config.service].push_back(0x0a010001 + pod);
    workloads.push_back(std::make_unique<Workload>(config, at(pod)));
    workloads.back()->start([] {});
    return *workloads.back();
  }
  // Runs one load to its end; its records in the order of their numbers.
  std::vector<RequestRecord> load(LoadConfig config) {
    bool finished = false;
    LoadGenerator generator(config, at(0));
    generator.start([] {});
    generator.begin([&] { finished = true; });
    world.clock.run_until(config.end + config.grace + kSecond);
    EXPECT_TRUE(finished);
    std::sort(records.requests.begin(), records.requests.end(),
              [](const RequestRecord& a, const RequestRecord& b) { return a.number < b.number; });
    return records.requests;
  }

  MemoryWorld world;
  Wire wire;
  KeptRecords records;
  std::map<std::uint32_t, std::uint32_t> pod_of_ip;
  std::vector<std::unique_ptr<Workload>> workloads;
};

// A server that keeps the heads of what it is asked.
class Received final : private ServerHandler, private RequestReceiver {
 public:
  Received(Services& services, std::uint32_t pod, const std::string& name) : surroundings_(services.at(pod)) {
    services.world.hosts[name].push_back(0x0a010001 + pod);
    listener_ = surroundings_.network.listen({0, 8080}, [this](AcceptedStream accepted) {
      const HttpCodec& codec = surroundings_.wire == Wire::real ? http1_codec() : modelled_codec();
      connections_.push_back(codec.serve(surroundings_.runtime, std::move(accepted.stream), *this, {}));
    });
  }
  std::vector<std::unique_ptr<RequestHead>> heads;

 private:
  RequestReceiver& on_exchange(ServerConnection&, ServerExchange& exchange) override {
    exchange_ = &exchange;
    return *this;
  }
  void on_closed(ServerConnection&) override {}
  void on_head(std::unique_ptr<RequestHead> head, Buffer&, bool end) override {
    heads.push_back(std::move(head));
    if (end) answer();
  }
  void on_data(Buffer&, bool end) override {
    if (end) answer();
  }
  void on_reset(ResetReason) override {}
  void answer() {
    auto head = std::make_unique<ResponseHead>(200);
    head->content_length = 0;
    Buffer body;
    exchange_->send_head(std::move(head), body, true);
  }

  RoleSurroundings surroundings_;
  std::vector<std::unique_ptr<ServerConnection>> connections_;
  ServerExchange* exchange_ = nullptr;
  Handle listener_;
};

HandlerStep compute(Duration time) {
  HandlerStep step;
  step.compute.a = time;
  return step;
}
HandlerStep exponential(Duration mean) {
  HandlerStep step;
  step.compute.kind = DurationModel::Kind::exponential;
  step.compute.a = mean;
  return step;
}
HandlerStep call(const std::string& service, double probability = 1) {
  HandlerStep step;
  step.kind = HandlerStep::Kind::call;
  step.call = {service, 8080, 0, probability};
  return step;
}
WorkloadConfig service(const std::string& name, std::uint32_t workers, std::vector<HandlerStep> handler) {
  WorkloadConfig config;
  config.service = name;
  config.workers = workers;
  config.handler = std::move(handler);
  return config;
}
LoadConfig constant_load(double rate, Time end, const std::string& to = "front") {
  LoadConfig load;
  load.service = to;
  load.port = 8080;
  load.arrivals = LoadConfig::Arrivals::constant;
  load.rate = {{0, rate, false}};
  load.end = end;
  return load;
}

TEST(Workload, QueuesInOrderForItsWorkers) {
  Services s;
  Workload& front = s.add(1, service("front", 2, {compute(30 * kMillisecond)}));
  // One every 10 ms, two at a time for 30 ms: they end at 30, 40, 60, 70, 90, 100 …
  const std::vector<RequestRecord> records = s.load(constant_load(100, 60 * kMillisecond));
  ASSERT_EQ(records.size(), 6u);
  const Time ends[] = {30, 40, 60, 70, 90, 100};
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].intended, static_cast<Time>(i) * 10 * kMillisecond);
    EXPECT_EQ(records[i].done, ends[i] * kMillisecond) << i;
    EXPECT_EQ(records[i].status, 200);
  }
  EXPECT_EQ(front.busy(), 0u);
  EXPECT_EQ(front.queued(), 0u);
}

// What a request comes with, written down by a service that asks nobody else.
TEST(Workload, CallsCarryOnWhatIsForwardedAndSayWhatTheyAreToldTo) {
  for (const Wire wire : {Wire::modelled, Wire::real}) {
    Services s(wire);
    HandlerStep step = call("echo");
    step.call.method = "PUT";
    step.call.path = "/reviews/0";
    step.call.headers = {{"x-own", "1"}, {"end-user", "told"}};
    WorkloadConfig front = service("front", 1, {step});
    front.forward_headers = {"x-kept", "end-user"};
    s.add(1, front);
    Received echo(s, 2, "echo");
    LoadConfig load = constant_load(10, 100 * kMillisecond);
    load.headers = {{"x-kept", "a"}, {"x-kept", "b"}, {"x-dropped", "c"}, {"end-user", "jason"}, {"baggage", "k=v"}};
    s.load(load);
    ASSERT_EQ(echo.heads.size(), 1u);
    const RequestHead& head = *echo.heads.front();
    EXPECT_EQ(head.method(), "PUT");
    EXPECT_EQ(head.path(), "/reviews/0");
    std::vector<std::string> kept;
    for (std::size_t i = 0; i < head.headers.size(); ++i) {
      if (head.headers.name(i) == "x-kept") kept.emplace_back(head.headers.value(i));
    }
    EXPECT_EQ(kept, (std::vector<std::string>{"a", "b"}));
    EXPECT_FALSE(head.headers.has("x-dropped"));
    EXPECT_EQ(head.headers.get("end-user"), "told");
    EXPECT_EQ(head.headers.get("x-own"), "1");
    EXPECT_EQ(head.headers.get("baggage"), "k=v");
  }
}

TEST(Workload, SlowMultipliesComputeAndFailAnswers503) {
  Services s;
  Workload& front = s.add(1, service("front", 4, {compute(10 * kMillisecond)}));
  front.slow(3);
  std::vector<RequestRecord> records = s.load(constant_load(10, 100 * kMillisecond));
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].done, 30 * kMillisecond);

  Services t;
  t.add(1, service("front", 64, {})).fail(0.3);
  records = t.load(constant_load(1000, 10 * kSecond));
  const auto failed = std::count_if(records.begin(), records.end(), [](const RequestRecord& r) {
    return r.status == 503 && r.failure == Failure::http_5xx;
  });
  EXPECT_NEAR(static_cast<double>(failed), 3000, 5 * std::sqrt(10000 * 0.3 * 0.7));
}

TEST(Workload, CallsInSequenceAddAndInParallelTakeTheLongest) {
  const struct {
    const char* name;
    std::vector<HandlerStep> handler;
    Time done;
  } cases[] = {
      {"sequence", {call("a"), call("b")}, 30 * kMillisecond},
      {"parallel",
       [] {
         HandlerStep step;
         step.kind = HandlerStep::Kind::parallel;
         step.parallel = {{"a", 8080, 100, 1}, {"b", 8080, 100, 1}};
         return std::vector<HandlerStep>{step, compute(5 * kMillisecond)};
       }(),
       25 * kMillisecond},
      {"never called", {call("a", 0), compute(kMillisecond)}, kMillisecond},
  };
  for (const auto& c : cases) {
    for (const Wire wire : {Wire::real, Wire::modelled}) {
      Services s(wire);
      s.add(1, service("front", 4, c.handler));
      s.add(2, service("a", 4, {compute(10 * kMillisecond)}));
      s.add(3, service("b", 4, {compute(20 * kMillisecond)}));
      const std::vector<RequestRecord> records = s.load(constant_load(10, 100 * kMillisecond));
      ASSERT_EQ(records.size(), 1u) << c.name;
      EXPECT_EQ(records[0].status, 200) << c.name;
      EXPECT_EQ(records[0].done, c.done) << c.name;
    }
  }
}

TEST(Workload, ASampledRequestHasASpanForEachRoleAndCall) {
  Services s;
  HandlerStep both;
  both.kind = HandlerStep::Kind::parallel;
  both.parallel = {{"a", 8080, 100, 1}, {"b", 8080, 100, 1}};
  s.add(1, service("front", 1, {both, compute(5 * kMillisecond), call("a")}));
  s.add(2, service("a", 4, {compute(10 * kMillisecond)}));
  s.add(3, service("b", 4, {compute(20 * kMillisecond)}));
  LoadConfig load = constant_load(100, 20 * kMillisecond);  // the second waits for the only worker
  load.tracing.sampling = 1;
  const std::vector<RequestRecord> records = s.load(load);
  ASSERT_EQ(records.size(), 2u);
  const RequestRecord& request = records[1];
  std::vector<SpanRecord> spans;
  for (const SpanRecord& span : s.records.spans) {
    if (span.trace_low == request.trace_low && span.trace_high == request.trace_high) spans.push_back(span);
  }
  ASSERT_EQ(spans.size(), 8u);  // the load, front, three calls, their servers
  std::map<std::uint64_t, const SpanRecord*> by_id;
  for (const SpanRecord& span : spans) by_id[span.span] = &span;
  ASSERT_EQ(by_id.size(), spans.size());
  std::map<SpanKind, int> count;
  for (const SpanRecord& span : spans) {
    ++count[span.kind];
    if (span.kind == SpanKind::load) {
      EXPECT_EQ(span.parent, 0u);
      EXPECT_EQ(span.begin, request.intended);
      EXPECT_EQ(span.end, request.done);
      continue;
    }
    ASSERT_TRUE(by_id.contains(span.parent));
    const SpanRecord& parent = *by_id[span.parent];
    const bool is_call = span.kind == SpanKind::call;
    EXPECT_EQ(parent.kind, is_call ? SpanKind::server : span.pod == 1 ? SpanKind::load : SpanKind::call);
    EXPECT_GE(span.begin, is_call ? parent.sent : parent.begin);
    EXPECT_LE(span.end, parent.end);
    if (!is_call && span.pod == 1) {
      EXPECT_EQ(span.sent - span.begin, 25 * kMillisecond) << "the first takes 35 ms and came 10 ms before";
      EXPECT_EQ(span.computing, 5 * kMillisecond);
      EXPECT_EQ(span.end - span.sent, 35 * kMillisecond);
    }
  }
  EXPECT_EQ(count, (std::map<SpanKind, int>{{SpanKind::load, 1}, {SpanKind::call, 3}, {SpanKind::server, 4}}));
}

TEST(Workload, WhoseClientGaveUpSaysSoInItsSpan) {
  Services s;
  s.add(1, service("front", 1, {compute(kSecond)}));
  LoadConfig load = constant_load(10, 100 * kMillisecond);
  load.timeout = 100 * kMillisecond;
  load.tracing.sampling = 1;
  s.load(load);
  ASSERT_EQ(s.records.spans.size(), 2u);
  for (const SpanRecord& span : s.records.spans) {
    EXPECT_EQ(span.failure, span.kind == SpanKind::load ? Failure::timeout : Failure::reset);
    EXPECT_EQ(span.end, 100 * kMillisecond);
  }
}

TEST(Workload, AFailedCallFailsTheRequestUnlessItMayFail) {
  for (const bool must_succeed : {true, false}) {
    Services s;
    WorkloadConfig front = service("front", 1, {call("nobody")});
    front.calls_must_succeed = must_succeed;
    s.add(1, front);
    const std::vector<RequestRecord> records = s.load(constant_load(10, 100 * kMillisecond));
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].status, must_succeed ? 500 : 200);
  }
}

TEST(Workload, DrawsAreTheSameOnBothWiresAndBySeed) {
  const auto latencies = [](Wire wire, std::uint64_t seed) {
    Services s(wire, seed);
    s.add(1, service("front", 1000, {exponential(kMillisecond), call("back", 0.5), exponential(kMillisecond)}));
    s.add(2, service("back", 1000, {exponential(3 * kMillisecond)}));
    LoadConfig load = constant_load(1000, kSecond);
    load.arrivals = LoadConfig::Arrivals::poisson;
    std::vector<std::pair<Time, Time>> all;
    for (const RequestRecord& record : s.load(load)) all.emplace_back(record.intended, record.done);
    return all;
  };
  const auto modelled = latencies(Wire::modelled, 1);
  EXPECT_GT(modelled.size(), 800u);
  EXPECT_EQ(modelled, latencies(Wire::real, 1));
  EXPECT_NE(modelled, latencies(Wire::modelled, 2));
}

TEST(Workload, WithoutAMeshConnectionsSpreadAndAttemptsAreRecorded) {
  Services s;
  for (std::uint32_t pod = 1; pod <= 3; ++pod) s.add(pod, service("front", 1000, {compute(50 * kMillisecond)}));
  const std::vector<RequestRecord> records = s.load(constant_load(2000, kSecond));
  ASSERT_EQ(records.size(), 2000u);
  std::map<std::uint32_t, int> by_pod;
  for (const AttemptRecord& attempt : s.records.attempts) ++by_pod[attempt.to_pod];
  ASSERT_EQ(by_pod.size(), 3u);
  int sum = 0;
  for (const auto& [pod, count] : by_pod) {
    // About 100 connections, each to a pod by chance: five deviations of a third of them, 20 requests each.
    EXPECT_NEAR(count, 2000 / 3.0, 5 * std::sqrt(100 * 2 / 9.0) * 20) << pod;
    sum += count;
  }
  EXPECT_EQ(sum, 2000);
}

TEST(LoadGenerator, SendsOnTimeWhateverTheAnswersDo) {
  Services s;
  s.add(1, service("front", 1, {compute(kSecond)}));  // hopelessly slow
  LoadConfig load = constant_load(100, kSecond);
  load.grace = 5 * kSecond;
  const std::vector<RequestRecord> records = s.load(load);
  ASSERT_EQ(records.size(), 100u);
  int answered = 0;
  for (const RequestRecord& record : records) {
    EXPECT_EQ(record.sent, record.intended);
    if (record.failure == Failure::none) {
      ++answered;
    } else {
      EXPECT_EQ(record.failure, Failure::unfinished);
      EXPECT_EQ(record.done, 6 * kSecond);
    }
  }
  // One a second from 0 on; the sixth would be answered at the very end of the grace, which was set first.
  EXPECT_EQ(answered, 5);
}

TEST(LoadGenerator, FailuresAreToldApart) {
  const struct {
    const char* name;
    void (*set_up)(Services&, LoadConfig&);
    Failure failure;
  } cases[] = {
      {"no such name", [](Services&, LoadConfig&) {}, Failure::unreachable},
      {"refused", [](Services& s, LoadConfig&) { s.world.hosts["front"] = {s.world.pod(0x0a010009).ip()}; },
       Failure::connect_refused},
      {"timeout",
       [](Services& s, LoadConfig& load) {
         s.add(1, service("front", 1, {compute(5 * kSecond)}));
         load.timeout = kSecond;
       },
       Failure::timeout},
      {"5xx",
       [](Services& s, LoadConfig&) {
         HandlerStep fail;
         fail.kind = HandlerStep::Kind::fail;
         fail.fail_probability = 1;
         s.add(1, service("front", 1, {fail}));
       },
       Failure::http_5xx},
      {"4xx",
       [](Services& s, LoadConfig&) {
         HandlerStep fail;
         fail.kind = HandlerStep::Kind::fail;
         fail.fail_probability = 1;
         fail.fail_status = 429;
         s.add(1, service("front", 1, {fail}));
       },
       Failure::http_4xx},
      {"a black hole",
       [](Services& s, LoadConfig&) {
         s.world.pod(0x0a010009).black_hole = true;
         s.world.hosts["front"] = {0x0a010009};
       },
       Failure::unfinished},
  };
  for (const auto& c : cases) {
    Services s;
    LoadConfig load = constant_load(10, 100 * kMillisecond);
    c.set_up(s, load);
    const std::vector<RequestRecord> records = s.load(load);
    ASSERT_EQ(records.size(), 1u) << c.name;
    EXPECT_EQ(name_of(records[0].failure), name_of(c.failure)) << c.name;
  }
}

TEST(LoadGenerator, ClosedLoopClientsThinkAndWait) {
  Services s;
  s.add(1, service("front", 10, {compute(30 * kMillisecond)}));
  LoadConfig load;
  load.service = "front";
  load.port = 8080;
  load.clients = 3;
  load.think.a = 20 * kMillisecond;
  load.end = kSecond;
  const std::vector<RequestRecord> records = s.load(load);
  // Each client sends at 20, 70, 120, … ms: 20 times before the second is over.
  ASSERT_EQ(records.size(), 60u);
  for (const RequestRecord& record : records) {
    EXPECT_EQ(record.sent, 20 * kMillisecond + static_cast<Time>(record.number / 3) * 50 * kMillisecond);
    EXPECT_EQ(record.done - record.sent, 30 * kMillisecond);
  }
}

}  // namespace
}  // namespace meshtwin::testing_world
