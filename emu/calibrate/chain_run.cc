#include "emu/calibrate/chain_run.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "emu/burn_pool.h"
#include "emu/calibrate/blocks.h"
#include "emu/calibrate/counted_world.h"
#include "emu/calibrate/host_time.h"
#include "emu/calibrate/process.h"
#include "emu/emu_clock.h"
#include "emu/event_loop.h"
#include "emu/socket_network.h"
#include "emu/stream_recorder.h"
#include "mesh/base/histogram.h"
#include "mesh/runtime/chance.h"
#include "mesh/runtime/runtime.h"

namespace meshtwin {
namespace {

constexpr Duration kSettle = 200 * kMillisecond;  // connections are made, caches are warm
constexpr Duration kBlock = 100 * kMillisecond;
constexpr std::size_t kWallColumns = 1;  // of a row of block figures, before the roles'
constexpr std::size_t kColumnsOfRole = 2 + (2 + kAges.size()) * kOperationCount;

struct LoadSaid {
  std::int64_t latency_p50 = 0;
  std::int64_t latency_p90 = 0;
  double latency_mean = 0;
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
};

// What the load generator's records say, encoded as in a run all the same.
class LatencyRecorder final : public Recorder {
 public:
  explicit LatencyRecorder(Recorder& recorder) : recorder_(recorder) {}
  void request(const RequestRecord& record) override {
    if (record.failure != Failure::none) ++failed_;
    if (record.intended >= kSettle) latency_.add(record.done - record.intended);
    recorder_.request(record);
  }
  void attempt(const AttemptRecord& record) override { recorder_.attempt(record); }
  void access(AccessRecord record) override { recorder_.access(std::move(record)); }
  void span(const SpanRecord& record) override { recorder_.span(record); }
  void metric(MetricRecord record) override { recorder_.metric(std::move(record)); }
  void event(EventRecord record) override { recorder_.event(std::move(record)); }
  LoadSaid said() const {
    return {latency_.quantile(0.5), latency_.quantile(0.9), latency_.mean(), latency_.count(), failed_};
  }

 private:
  Recorder& recorder_;
  Histogram latency_;
  std::uint64_t failed_ = 0;
};

// One role on the emulator's runtime, until its parent has had enough of it; a load generator says what became of its
// load.
void run_role_process(const Fd& report, ChainRole which, const ChainShape& shape, OperationCounts& counts,
                      std::atomic<std::int64_t>& last_write) {
  EventLoop loop;
  EmuClock clock(loop, monotonic_now());
  SleepCounter sleeps(counts, last_write);
  CountedClock counted_clock(clock, counts, sleeps);
  SeededChance chance(1);
  BurnPool burn(loop);
  CountedCpu cpu(burn, counts);
  SocketNetwork sockets(loop, clock, chain_hosts(shape));
  CountedNetwork network(sockets, counts, sleeps);
  StreamRecorder stream(clock, [](const std::string&) {});
  stream.begin(0);
  LatencyRecorder recorder(stream);
  Runtime runtime{counted_clock, chance, cpu};
  const std::map<std::uint32_t, std::uint32_t> pods = chain_pods(shape);
  const std::unique_ptr<Role> role =
      make_chain_role(which, shape, {runtime, network, recorder, Wire::real, is_in_client_pod(which) ? 0U : 1U, pods});
  role->start([&] { report_value(report, char{1}); });
  role->begin([&] { report_value(report, recorder.said()); });
  loop.run();
}

// The processes of one chain; they end with it.
struct ChainProcesses {
  ChainProcesses(const ChainPods& pods, const ChainShape& shape) {
    for (const ChainRole role :
         {ChainRole::workload, ChainRole::server_sidecar, ChainRole::client_sidecar, ChainRole::load}) {
      if (!takes_part(role, shape)) continue;
      std::optional<MeasuredProcess>& process = processes[static_cast<std::size_t>(role)];
      process.emplace(is_in_client_pod(role) ? pods.client : pods.server, [&](const Fd& report) {
        run_role_process(report, role, shape, *counts[static_cast<std::size_t>(role)], *last_write);
      });
      process->read<char>();
    }
  }

  double cpu() const {
    double sum = 0;
    for (const auto& process : processes) {
      if (process) sum += static_cast<double>(usage_of(process->pid()).cpu);
    }
    return sum;
  }

  std::array<SharedValue<OperationCounts>, kChainRoles> counts;
  SharedValue<std::atomic<std::int64_t>> last_write;
  std::array<std::optional<MeasuredProcess>, kChainRoles> processes;
};

class ChainRun {
 public:
  ChainRun(const ChainPods& pods, const ChainShape& shape) : shape_(shape), chain_(pods, shape) {}

  ChainFigures measure() {
    pause(kSettle);
    const HostTime host_before = host_time();
    const double own_before = own_cpu();
    std::vector<std::vector<double>> blocks;
    std::vector<double> before = totals();
    const auto block = std::max(kBlock, static_cast<Duration>(10 * kSecond / shape_.rate));
    for (Duration left = shape_.length - kSettle - block; left >= block; left -= block) {
      pause(block);
      std::vector<double> now = totals();
      blocks.push_back(figures_between(before, now));
      before = std::move(now);
    }
    const double others = (host_time() - host_before).others(own_cpu() - own_before);
    const auto said = chain_.processes[static_cast<std::size_t>(ChainRole::load)]->read<LoadSaid>();
    ChainFigures figures = figures_of(all_medians(blocks));
    for (std::size_t role = 0; role < kChainRoles; ++role) {
      figures.roles[role].hops = chain_.counts[role]->hops.counts();
      figures.roles[role].turns = chain_.counts[role]->turns.counts();
    }
    figures.latency_p50 = static_cast<double>(said.latency_p50);
    figures.latency_p90 = static_cast<double>(said.latency_p90);
    figures.latency_mean = said.latency_mean;
    figures.answered = static_cast<double>(said.answered);
    figures.others = others;
    figures.failed = static_cast<double>(said.failed);
    return figures;
  }

 private:
  void pause(Duration time) {
    const Timer timer = clock_.after(time, [this] { loop_.stop(); });
    loop_.run();
  }

  double own_cpu() const { return static_cast<double>(usage_of(0).cpu) + chain_.cpu(); }

  // Requests served, then of each role: processor time, sleeps, calls and amounts of each operation.
  std::vector<double> totals() const {
    constexpr auto kWork = static_cast<std::size_t>(Operation::request_work);
    std::vector<double> all{
        static_cast<double>(chain_.counts[static_cast<std::size_t>(ChainRole::workload)]->calls[kWork])};
    for (std::size_t role = 0; role < kChainRoles; ++role) {
      const Usage usage = chain_.processes[role] ? usage_of(chain_.processes[role]->pid()) : Usage();
      all.push_back(static_cast<double>(usage.cpu));
      all.push_back(static_cast<double>(usage.sleeps));
      for (std::size_t i = 0; i < kOperationCount; ++i)
        all.push_back(static_cast<double>(chain_.counts[role]->calls[i]));
      for (std::size_t i = 0; i < kOperationCount; ++i)
        all.push_back(static_cast<double>(chain_.counts[role]->amounts[i]));
      for (const auto& of_operation : chain_.counts[role]->ages) {
        for (const auto& calls : of_operation) all.push_back(static_cast<double>(calls) / 1e6);
      }
    }
    return all;
  }

  // For each request; in front all roles' processor time, which is least where nothing disturbs.
  static std::vector<double> figures_between(const std::vector<double>& before, const std::vector<double>& after) {
    const double requests = std::max(after[0] - before[0], 1.0);
    std::vector<double> figures{0};
    for (std::size_t i = 1; i < after.size(); ++i) figures.push_back((after[i] - before[i]) / requests);
    for (std::size_t role = 0; role < kChainRoles; ++role) figures[0] += figures[kWallColumns + role * kColumnsOfRole];
    return figures;
  }

  static ChainFigures figures_of(const std::vector<double>& columns) {
    ChainFigures figures;
    for (std::size_t role = 0; role < kChainRoles; ++role) {
      const double* at = columns.data() + kWallColumns + role * kColumnsOfRole;
      ChainRoleFigures& of = figures.roles[role];
      of.cpu = at[0];
      of.sleeps = at[1];
      for (std::size_t i = 0; i < kOperationCount; ++i) {
        of.calls[i] = at[2 + i];
        of.amounts[i] = at[2 + kOperationCount + i];
      }
      const double* age = at + 2 + 2 * kOperationCount;
      for (auto& of_operation : of.ages) {
        for (double& calls : of_operation) calls = *age++;
      }
    }
    return figures;
  }

  const ChainShape shape_;
  EventLoop loop_;
  EmuClock clock_{loop_, 0};
  ChainProcesses chain_;
};

}  // namespace

ChainFigures run_chain(const ChainPods& pods, const ChainShape& shape) {
  ChainFigures figures = ChainRun(pods, shape).measure();
  if (figures.answered == 0 || figures.failed > 0) throw std::runtime_error("the calibration's own requests failed");
  return figures;
}

ChainFigures run_quiet_chain(const ChainPods& pods, const ChainShape& shape) {
  constexpr double kQuiet = 0.05;
  constexpr int kTries = 3;
  ChainFigures quietest = run_chain(pods, shape);
  for (int i = 1; i < kTries && quietest.others > kQuiet; ++i) {
    const ChainFigures figures = run_chain(pods, shape);
    if (figures.others < quietest.others) quietest = figures;
  }
  return quietest;
}

}  // namespace meshtwin
