// The World seam: a run's life from start-up to its report, and the faults, with tiny roles of the tests' own.

#include "sim/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mesh/runtime/chance.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"
#include "mesh/runtime/role.h"
#include "mesh/runtime/runtime.h"
#include "mesh/telemetry/record.h"
#include "tests/unit/sim/network_fixture.h"

namespace meshtwin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct NoRecords : Recorder {
  void request(const RequestRecord&) override {}
  void attempt(const AttemptRecord&) override {}
  void access(AccessRecord) override {}
  void span(const SpanRecord&) override {}
  void metric(MetricRecord) override {}
  void event(EventRecord) override {}
};

// What a test's roles saw, in order.
struct Log {
  std::vector<std::string> lines;
  void add(Time at, const std::string& what) { lines.push_back(std::to_string(at / kMicrosecond) + "us " + what); }
};

// Sends back what it gets, after some CPU.
class Echo : public Role {
 public:
  Echo(const RoleSurroundings& s, Log& log) : s_(s), log_(log) {}
  void start(Callback on_ready) override {
    listener_ = s_.network.listen({0, 8080}, [this](AcceptedStream accepted) {
      streams_.push_back(std::move(accepted.stream));
      ByteStream& stream = *streams_.back();
      stream.on_read([this, &stream](ReadEvent event, Buffer& data) {
        if (event != ReadEvent::data) return;
        s_.runtime.cpu.charge(Operation::request_work, 1);
        stream.write(data);
      });
    });
    on_ready();
  }
  void slow(double factor) override { log_.add(s_.runtime.clock.now(), "slow " + std::to_string(factor)); }
  void fail(double share) override { log_.add(s_.runtime.clock.now(), "fail " + std::to_string(share)); }

 private:
  RoleSurroundings s_;
  Log& log_;
  Handle listener_;
  std::vector<std::unique_ptr<ByteStream>> streams_;
};

// Dials pod 1 at the times it is told to, asks once and notes what came of it.
class Asker : public Role {
 public:
  Asker(const RoleSurroundings& s, Log& log, std::vector<Time> times, Time end)
      : s_(s), log_(log), times_(std::move(times)), end_(end) {}
  void start(Callback on_ready) override {
    log_.add(s_.runtime.clock.now(), "start");
    on_ready();
  }
  void begin(Callback on_finished) override {
    log_.add(s_.runtime.clock.now(), "begin");
    on_finished_ = std::move(on_finished);
    for (const Time at : times_) timers_.push_back(after(at, [this] { ask(); }));
    timers_.push_back(after(end_, [this] { on_finished_(); }));
  }

 private:
  Timer after(Time at, Callback then) { return s_.runtime.clock.after(at - s_.runtime.clock.now(), std::move(then)); }
  void ask() {
    dials_.push_back(s_.network.dial(
        {0x0a000002, 8080}, {kSecond, false}, [this](std::unique_ptr<ByteStream> stream, DialError error) {
          if (error != DialError::none) {
            const char* names[] = {"", "refused", "timed out", "unreachable", "reset"};
            return note(names[static_cast<int>(error)]);
          }
          streams_.push_back(std::move(stream));
          Buffer question("?");
          streams_.back()->write(question);
          streams_.back()->on_read([this](ReadEvent event, Buffer&) {
            note(event == ReadEvent::data ? "answer" : event == ReadEvent::end ? "end" : "reset");
          });
        }));
  }
  void note(const char* what) { log_.add(s_.runtime.clock.now(), what); }

  RoleSurroundings s_;
  Log& log_;
  std::vector<Time> times_;
  Time end_;
  Callback on_finished_;
  std::vector<Timer> timers_;
  std::vector<Handle> dials_;
  std::vector<std::unique_ptr<ByteStream>> streams_;
};

class Silent : public Role {
 public:
  void start(Callback) override {}
};

class WorldTest : public ::testing::Test {
 protected:
  WorldTest() {
    plan_ = pods_in({0, 0});
    plan_.duration = 10 * kSecond;
    plan_.grace = kSecond;
    plan_.pods[0].roles.push_back({"asker", LoadConfig{}});
    plan_.pods[1].roles.push_back({"echo", WorkloadConfig{}});
    profile_ = null_cost_profile();
    profile_.local_hop = 100 * kMicrosecond;
    profile_[Operation::request_work].fixed_ns = 50'000;
  }
  std::unique_ptr<World> world(std::vector<Time> ask, Time end) {
    return make_sim_world(
        plan_, {profile_}, recorder_,
        [this, ask, end](const RoleConfig& config, const RoleSurroundings& s) -> std::unique_ptr<Role> {
          if (std::holds_alternative<WorkloadConfig>(config)) return std::make_unique<Echo>(s, log_);
          if (std::holds_alternative<LoadConfig>(config)) {
            return std::make_unique<Asker>(s, log_, ask, end);
          }
          return std::make_unique<Silent>();
        });
  }

  Plan plan_;
  CostProfile profile_;
  NoRecords recorder_;
  Log log_;
};

TEST_F(WorldTest, TimeZeroIsASetLeadAfterEverybodyIsReady) {
  auto world = this->world({kSecond}, 2 * kSecond);
  Time began = 1;
  const RunReport report = world->run([&] { began = world->clock().now(); });
  EXPECT_EQ(began, -50 * kMillisecond);
  // Dial 200 us, question 100 us, work 50 us, answer 100 us.
  EXPECT_THAT(log_.lines, ElementsAre("-10000000us start", "-50000us begin", "1000450us answer"));
  EXPECT_EQ(report.roles.at("echo").cpu, 50'000);
  EXPECT_EQ(report.roles.at("echo").kind, "workload");
  EXPECT_EQ(report.roles.at("asker").cpu, 0);
  EXPECT_DOUBLE_EQ(report.utilisation, 50'000.0 / (2.0 * 2e9));
  EXPECT_GT(report.events, 5u);
  EXPECT_EQ(world->clock().now(), 2 * kSecond) << "the run ends when its load has finished";
}

TEST_F(WorldTest, ALoadThatNeverFinishesIsEndedAfterTheGrace) {
  auto world = this->world({}, 100 * kSecond);
  world->run(nullptr);
  EXPECT_EQ(world->clock().now(), 12 * kSecond) << "duration, grace, and a second in which a load says that it gave up";
}

TEST_F(WorldTest, RolesThatAreNeverReadyAreNamed) {
  plan_.pods[1].roles.push_back({"p1/sidecar", SidecarConfig{}});
  auto world = this->world({}, kSecond);
  try {
    world->run(nullptr);
    FAIL() << "expected WorldError";
  } catch (const WorldError& error) {
    EXPECT_THAT(error.what(), HasSubstr("p1/sidecar"));
    EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("echo")));
  }
}

TEST_F(WorldTest, AKilledPodResetsRefusesAndServesAgainAfterItsStart) {
  auto world = this->world({kSecond, 3 * kSecond, 5 * kSecond}, 7 * kSecond);
  std::vector<Timer> timeline;
  world->run([&] {
    Clock& clock = world->clock();
    timeline.push_back(clock.after(2 * kSecond - clock.now(), [&] { world->pods().kill(1, Kill::pod); }));
    timeline.push_back(clock.after(4 * kSecond - clock.now(), [&] { world->pods().start(1); }));
  });
  EXPECT_THAT(log_.lines, ElementsAre("-10000000us start", "-50000us begin", "1000450us answer", "2000100us end",
                                      "3000200us refused", "5000450us answer"));
}

TEST_F(WorldTest, KillingTheApplicationLeavesTheOthers) {
  plan_.pods[1].roles.push_back({"p1/load", LoadConfig{}});
  auto world = this->world({}, 3 * kSecond);
  Timer timer;
  world->run([&] { timer = world->clock().after(kSecond, [&] { world->pods().kill(1, Kill::app); }); });
  EXPECT_EQ(world->clock().now(), 3 * kSecond) << "the pod's load role should have gone on to its end";
}

TEST_F(WorldTest, ACutPodIsABlackHoleUntilItIsRestored) {
  auto world = this->world({3 * kSecond, 5 * kSecond}, 7 * kSecond);
  std::vector<Timer> timeline;
  world->run([&] {
    Clock& clock = world->clock();
    timeline.push_back(clock.after(2 * kSecond, [&] { world->links().cut_pod(1); }));
    timeline.push_back(clock.after(4500 * kMillisecond, [&] { world->links().restore_pod(1); }));
  });
  EXPECT_THAT(log_.lines,
              ElementsAre("-10000000us start", "-50000us begin", "4000000us timed out", "5000450us answer"));
}

TEST_F(WorldTest, SlowAndFailReachTheApplicationAlsoAfterARestart) {
  auto world = this->world({}, 3 * kSecond);
  std::vector<Timer> timeline;
  world->run([&] {
    Clock& clock = world->clock();
    timeline.push_back(clock.after(1050 * kMillisecond, [&] {
      world->pods().slow(1, 4);
      world->pods().fail(1, 0.5);
    }));
    timeline.push_back(clock.after(2050 * kMillisecond, [&] {
      world->pods().kill(1, Kill::pod);
      world->pods().start(1);
    }));
  });
  EXPECT_THAT(log_.lines, ElementsAre("-10000000us start", "-50000us begin", "1000000us slow 4.000000",
                                      "1000000us fail 0.500000", "2000000us slow 4.000000", "2000000us fail 0.500000"));
}

TEST_F(WorldTest, AStoppedPodRefusesAtOnceAndEndsWhenItsStreamsAreGone) {
  auto world = this->world({kSecond, 3 * kSecond}, 9 * kSecond);
  Timer timer;
  world->run([&] { timer = world->clock().after(2050 * kMillisecond, [&] { world->pods().stop(1); }); });
  EXPECT_THAT(log_.lines, ElementsAre("-10000000us start", "-50000us begin", "1000450us answer", "3000200us refused",
                                      "7000100us end"));
}

TEST_F(WorldTest, APodStartedWhileItDrainsServesAgain) {
  auto world = this->world({kSecond, 4 * kSecond}, 6 * kSecond);
  std::vector<Timer> timeline;
  world->run([&] {
    Clock& clock = world->clock();
    timeline.push_back(clock.after(2050 * kMillisecond, [&] { world->pods().stop(1); }));
    timeline.push_back(clock.after(3050 * kMillisecond, [&] { world->pods().start(1); }));
  });
  EXPECT_THAT(log_.lines, ElementsAre("-10000000us start", "-50000us begin", "1000450us answer", "3000100us end",
                                      "4000450us answer"));
}

TEST_F(WorldTest, OneWorldAtATimeAndAnyNumberInTurn) {
  for (int i = 0; i < 3; ++i) {
    log_.lines.clear();
    auto world = this->world({kSecond}, 2 * kSecond);
    EXPECT_THROW(this->world({}, kSecond), WorldError);
    world->run(nullptr);
    EXPECT_EQ(log_.lines.back(), "1000450us answer");
  }
}

TEST_F(WorldTest, TheSameSeedGivesTheSameRun) {
  LinkShape shape;
  shape.rtt = 2 * kMillisecond;
  shape.jitter = kMillisecond;
  shape.loss = 0.05;
  const std::vector<PodPlan> pods = plan_.pods;
  plan_ = pods_in({0, 1}, shape);
  for (std::size_t i = 0; i < pods.size(); ++i) plan_.pods[i].roles = pods[i].roles;
  plan_.duration = 10 * kSecond;
  std::vector<Time> ask;
  for (int i = 1; i < 500; ++i) ask.push_back(i * 10 * kMillisecond);
  for (const bool packets : {false, true}) {
    SCOPED_TRACE(packets ? "packet level" : "message level");
    plan_.packet_network = packets;
    std::vector<std::vector<std::string>> runs;
    for (const std::uint64_t seed : {1, 1, 2}) {
      plan_.seed = seed;
      log_.lines.clear();
      this->world(ask, 9 * kSecond)->run(nullptr);
      runs.push_back(log_.lines);
    }
    EXPECT_GT(runs[0].size(), 480u);
    EXPECT_TRUE(runs[0] == runs[1]) << "two runs of seed 1 differ";
    EXPECT_FALSE(runs[0] == runs[2]) << "another seed gave the same run";
  }
}

}  // namespace
}  // namespace meshtwin
