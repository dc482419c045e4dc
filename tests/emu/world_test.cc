#include "emu/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "ebpf/program_set.h"
#include "emu/sandbox.h"
#include "mesh/runtime/clock.h"
#include "mesh/telemetry/record.h"
#include "tests/emu/tiny_plan.h"

namespace meshtwin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What each load generator got, in order; the same answer again and again counts once.
struct Probes : Recorder {
  void request(const RequestRecord&) override {}
  void attempt(const AttemptRecord&) override {}
  void access(AccessRecord) override {}
  void span(const SpanRecord&) override {}
  void metric(MetricRecord) override {}
  void event(EventRecord event) override {
    if (event.kind != "probe") return events.push_back(std::move(event));
    auto& seen = answers[event.subject];
    if (seen.empty() || seen.back() != event.detail) seen.push_back(event.detail);
  }
  std::map<std::string, std::vector<std::string>> answers;
  std::vector<EventRecord> events;
};

std::string without_ebpf() {
  return ::geteuid() == 0 ? missing_for_ebpf() : "not root";
}

class EmuWorldTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (probe_namespaces(CLONE_NEWNET) != 0 && probe_namespaces(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
      GTEST_SKIP() << "neither privileges nor user namespaces: no network namespace can be made here";
    }
  }

  RunReport run(Duration ready_limit = 60 * kSecond) {
    EmuOptions options;
    options.role_program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "emu-test-role";
    options.ready_limit = ready_limit;
    options.drain_time = 300 * kMillisecond;
    world_ = make_emu_world(plan_.plan(), options, probes_);
    return world_->run([this] {
      for (auto& [at, act] : script_) {
        timers_.push_back(world_->clock().after(at - world_->clock().now(), [&act = act] { act(); }));
      }
    });
  }
  void at(Duration when, Callback act) { script_.emplace_back(when, std::move(act)); }
  // Faults of the machine the test runs on are not the world's.
  static std::vector<std::string> faults(const RunReport& report) {
    std::vector<std::string> reasons;
    for (const std::string& reason : report.invalid_reasons) {
      if (reason.find("cores") == std::string::npos) reasons.push_back(reason);
    }
    return reasons;
  }

  TinyPlan plan_{2 * kSecond};
  Probes probes_;
  std::unique_ptr<World> world_;
  std::vector<std::pair<Duration, Callback>> script_;
  std::vector<Timer> timers_;
};

TEST_F(EmuWorldTest, PodsReachEachOtherWithinAndAcrossZones) {
  plan_.app(0, "near");
  plan_.app(1, "far");
  const std::size_t client = plan_.pod(0, "client");
  plan_.load(client, "near");
  plan_.load(client, "far");
  const RunReport report = run();
  EXPECT_THAT(probes_.answers["near"], ElementsAre("pod 0"));
  EXPECT_THAT(probes_.answers["far"], ElementsAre("pod 1"));
  EXPECT_THAT(faults(report), ElementsAre());
  ASSERT_EQ(report.links.size(), 2u);
  for (const LinkQuality& link : report.links) EXPECT_GT(link.packets, 100u) << link.name;
}

TEST_F(EmuWorldTest, ReportsWhatEveryRoleUsed) {
  plan_.app(0, "burns");
  plan_.load(plan_.pod(0, "client"), "burns");
  const RunReport report = run();
  ASSERT_EQ(report.roles.count("burns/app"), 1u);
  EXPECT_GE(report.roles.at("burns/app").cpu, 100 * kMillisecond);
  EXPECT_EQ(report.roles.at("burns/app").kind, "workload");
  EXPECT_GT(report.roles.at("client/load-burns").memory_peak, 1'000'000);
  EXPECT_EQ(report.roles.count("link"), 1u);
  EXPECT_GT(report.wall, 2 * kSecond);
  EXPECT_GT(report.utilisation, 0);
}

class EitherCaptureTest : public EmuWorldTest, public ::testing::WithParamInterface<CaptureBy> {
 protected:
  void SetUp() override {
    EmuWorldTest::SetUp();
    plan_.plan().capture_by = GetParam();
    if (GetParam() == CaptureBy::ebpf && !without_ebpf().empty()) GTEST_SKIP() << without_ebpf();
  }
};

TEST_P(EitherCaptureTest, KeepsTheOriginalDestinationBothWays) {
  const std::size_t server = plan_.app(0, "server", true);
  plan_.sidecar(server);
  plan_.app(1, "other");
  plan_.load(plan_.pod(0, "client"), "server");
  plan_.load(server, "other");
  run();
  EXPECT_THAT(probes_.answers["server"],
              ElementsAre("captured by 15006, meant for " + to_string(SocketAddress{tiny_ip(0, 0), 8080})));
  EXPECT_THAT(probes_.answers["other"],
              ElementsAre("captured by 15001, meant for " + to_string(SocketAddress{tiny_ip(1, 1), 8080})));
}

TEST_P(EitherCaptureTest, KillingTheAppLeavesItsSidecar) {
  const std::size_t server = plan_.app(0, "server", true);
  plan_.sidecar(server);
  plan_.load(plan_.pod(0, "client"), "server");
  at(500 * kMillisecond, [this, server] { world_->pods().kill(server, Kill::app); });
  const RunReport report = run();
  EXPECT_EQ(probes_.answers["server"].size(), 1u) << "the sidecar went too: " << probes_.answers["server"].back();
  EXPECT_THAT(faults(report), ElementsAre());
}

INSTANTIATE_TEST_SUITE_P(Capture, EitherCaptureTest, ::testing::Values(CaptureBy::nftables, CaptureBy::ebpf),
                         [](const auto& each) { return each.param == CaptureBy::ebpf ? "Ebpf" : "Nftables"; });

TEST_F(EmuWorldTest, AcceleratedPodsOfANodeTalkRoundTcpUntilOneIsCut) {
  if (!without_ebpf().empty()) GTEST_SKIP() << without_ebpf();
  plan_.plan().accelerate = true;
  const std::size_t server = plan_.app(0, "server");
  plan_.load(plan_.pod(0, "client"), "server");
  at(500 * kMillisecond, [this, server] { world_->links().cut_pod(server); });
  at(1200 * kMillisecond, [this, server] { world_->links().restore_pod(server); });
  const RunReport report = run();
  auto seen = probes_.answers["server"];
  std::erase(seen, "silent");  // the connection that was open when it was cut
  EXPECT_THAT(seen, ElementsAre("pod 0", "timed out", "pod 0"));
  ASSERT_EQ(report.shortcuts.count("on_node"), 1u);
  EXPECT_GT(report.shortcuts.at("on_node").redirected_messages, 10u);
}

bool enter_user_namespace() {
  if (::unshare(CLONE_NEWUSER) < 0) return false;
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << "0 0 1";
  std::ofstream("/proc/self/gid_map") << "0 0 1";
  return probe_namespaces(CLONE_NEWNET) == 0;
}

// Root in a user namespace may make networks, and load nothing into the kernel.
TEST_F(EmuWorldTest, WithoutEbpfARunGoesOnOnlyWhenItMay) {
  if (::geteuid() != 0 || probe_namespaces(CLONE_NEWUSER | CLONE_NEWNET) != 0) GTEST_SKIP() << "no user namespaces";
  plan_.plan().accelerate = true;
  plan_.app(0, "server");
  plan_.load(plan_.pod(0, "client"), "server");
  const pid_t child = ::fork();
  if (child == 0) {
    if (!enter_user_namespace()) ::_exit(2);
    try {
      run();
      ::_exit(3);
    } catch (const WorldError& error) {
      if (std::string(error.what()).find("CAP_BPF") == std::string::npos) ::_exit(4);
    }
    plan_.plan().allow_without_ebpf = true;
    const RunReport report = run();
    const bool went_on = !probes_.answers["server"].empty() && report.shortcuts.empty();
    ::_exit(went_on && report.warnings.size() == 1 ? 0 : 5);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(EmuWorldTest, KilledIsRefusedAndStartedAnswersAgain) {
  const std::size_t server = plan_.app(0, "server");
  plan_.load(plan_.pod(1, "client"), "server");
  at(500 * kMillisecond, [this, server] { world_->pods().kill(server, Kill::pod); });
  at(1000 * kMillisecond, [this, server] { world_->pods().start(server); });
  const RunReport report = run();
  auto seen = probes_.answers["server"];
  std::erase(seen, "reset");  // the connection that was open when it died
  EXPECT_THAT(seen, ElementsAre("pod 0", "refused", "pod 0"));
  EXPECT_THAT(faults(report), ElementsAre());
}

TEST_F(EmuWorldTest, KillAndStartInOneBreathStartsAnew) {
  const std::size_t server = plan_.app(0, "server");
  plan_.load(plan_.pod(0, "client"), "server");
  at(500 * kMillisecond, [this, server] { world_->pods().slow(server, 7); });
  at(1000 * kMillisecond, [this, server] {
    world_->pods().kill(server, Kill::pod);
    world_->pods().start(server);
  });
  run();
  auto seen = probes_.answers["server"];
  std::erase(seen, "reset");
  std::erase(seen, "refused");
  EXPECT_THAT(seen, ElementsAre("pod 0", "pod 0 slow 7", "pod 0"));
}

TEST_F(EmuWorldTest, ACutPodIsSilentUntilItIsRestored) {
  const std::size_t server = plan_.app(0, "server");
  plan_.app(0, "neighbour");
  const std::size_t client = plan_.pod(0, "client");
  plan_.load(client, "server");
  plan_.load(client, "neighbour");
  at(500 * kMillisecond, [this, server] { world_->links().cut_pod(server); });
  at(1200 * kMillisecond, [this, server] { world_->links().restore_pod(server); });
  run();
  auto seen = probes_.answers["server"];
  std::erase(seen, "silent");  // the connection that was open when it was cut
  EXPECT_THAT(seen, ElementsAre("pod 0", "timed out", "pod 0"));
  EXPECT_THAT(probes_.answers["neighbour"], ElementsAre("pod 1"));
}

TEST_F(EmuWorldTest, ACutLinkIsSilentBetweenItsZonesOnly) {
  plan_.app(0, "near");
  plan_.app(1, "far");
  const std::size_t client = plan_.pod(0, "client");
  plan_.load(client, "near");
  plan_.load(client, "far");
  at(500 * kMillisecond, [this] { world_->links().cut_link(0); });
  at(1200 * kMillisecond, [this] { world_->links().restore_link(0); });
  run();
  auto seen = probes_.answers["far"];
  std::erase(seen, "silent");
  EXPECT_THAT(seen, ElementsAre("pod 1", "timed out", "pod 1"));
  EXPECT_THAT(probes_.answers["near"], ElementsAre("pod 0"));
}

TEST_F(EmuWorldTest, SlowAndFailReachTheApp) {
  const std::size_t server = plan_.app(0, "server");
  plan_.load(plan_.pod(0, "client"), "server");
  at(500 * kMillisecond, [this, server] { world_->pods().slow(server, 3); });
  at(1000 * kMillisecond, [this, server] { world_->pods().fail(server, 0.5); });
  run();
  EXPECT_THAT(probes_.answers["server"], ElementsAre("pod 0", "pod 0 slow 3", "pod 0 slow 3 fail 50"));
}

TEST_F(EmuWorldTest, AStoppedPodRefusesAndStartsAgain) {
  const std::size_t server = plan_.app(0, "server");
  plan_.load(plan_.pod(0, "client"), "server");
  at(400 * kMillisecond, [this, server] { world_->pods().stop(server); });
  at(1200 * kMillisecond, [this, server] { world_->pods().start(server); });
  const RunReport report = run();
  auto seen = probes_.answers["server"];
  std::erase(seen, "reset");
  EXPECT_THAT(seen, ElementsAre("pod 0", "refused", "pod 0"));
  EXPECT_THAT(faults(report), ElementsAre());
}

TEST_F(EmuWorldTest, ARoleThatDiesMakesTheRunInvalidAndSaysWhy) {
  plan_.app(0, "dies");
  plan_.load(plan_.pod(0, "client"), "dies");
  const RunReport report = run();
  EXPECT_THAT(faults(report), ElementsAre("dies/app has died: exit status 3: my last words"));
}

TEST_F(EmuWorldTest, WhoIsNotReadyIsNamed) {
  plan_.app(0, "never");
  plan_.app(0, "server");
  try {
    run(2 * kSecond);
    FAIL() << "it began without never/app";
  } catch (const WorldError& error) {
    EXPECT_STREQ(error.what(), "not ready in time: never/app (waiting for|something)");
  }
}

TEST_F(EmuWorldTest, AMissingRoleProgramIsAnError) {
  plan_.app(0, "server");
  EmuOptions options;
  options.role_program = "/nonexistent/role";
  EXPECT_THROW(make_emu_world(plan_.plan(), options, probes_)->run(nullptr), WorldError);
}

TEST_F(EmuWorldTest, FiftyPodsComeUp) {
  plan_.plan().duration = kSecond;
  for (int i = 0; i < 48; ++i) plan_.app(static_cast<std::size_t>(i % 2), "app-" + std::to_string(i));
  const std::size_t client_a = plan_.pod(0, "client-a");
  const std::size_t client_b = plan_.pod(1, "client-b");
  plan_.load(client_a, "app-47");
  plan_.load(client_b, "app-46");
  const RunReport report = run();
  EXPECT_THAT(probes_.answers["app-47"], ElementsAre("pod 47"));
  EXPECT_THAT(probes_.answers["app-46"], ElementsAre("pod 46"));
  RecordProperty("wall_ms", static_cast<int>(report.wall / kMillisecond));
}

}  // namespace
}  // namespace meshtwin
