#pragma once

// Two made-up runs of the shape az-failover has, through the real summary: the emulated one a little slower and
// noisier.

#include "mesh/base/random.h"
#include "results/summary.h"

namespace meshtwin {

struct RunShape {
  std::string world = "sim";
  double slower = 1.0;
  double mesh_ms = 0.6;  // added by proxies
  Duration failover = 300 * kMillisecond;
  Duration lateness = 0;
};

class MadeUpRun {
 public:
  explicit MadeUpRun(const RunShape& shape) : shape_(shape), random_(7, shape.world) {
    subject_.scenario = "az-failover";
    subject_.world = shape.world;
    subject_.seed = 7;
    subject_.duration = 40 * kSecond;
    subject_.pods = {{"load-0", "", "az-a"},
                     {"frontend-az-a-0", "frontend", "az-a"},
                     {"frontend-az-b-0", "frontend", "az-b"},
                     {"backend-az-a-0", "backend", "az-a"},
                     {"backend-az-b-0", "backend", "az-b"}};
    using Kind = RunSubject::Mark::Kind;
    subject_.marks = {{kFail, Kind::fail, "backend", "az-a", "crash backend in az-a"},
                      {kRestore, Kind::restore, "backend", "az-a", "restore backend in az-a"}};
    add_expectations();
    RandomStream arrivals(7, "arrivals");
    Time at = 0;
    for (std::uint64_t number = 0;; ++number) {
      at += static_cast<Duration>(arrivals.exponential(5e6));
      if (at >= subject_.duration) break;
      add_request(number, at);
    }
  }

  Summary summary() const { return summarise(store_, subject_, report()); }

 private:
  static constexpr Time kFail = 12 * kSecond;
  static constexpr Time kRestore = 26 * kSecond;

  void add_expectations() {
    using Metric = Expectation::Metric;
    subject_.expectations = {
        {"success_rate at least 99.5%", Metric::success_rate, "", "", "", 0.995, {}, 0, 0},
        {"zone_share backend az-b at least 99% during 15s..26s",
         Metric::zone_share,
         "backend",
         "az-b",
         "",
         0.99,
         {},
         15 * kSecond,
         kRestore},
        {"latency_p99 at most 12ms during 2s..12s", Metric::latency_p99, "", "", "", {}, 12, 2 * kSecond, kFail},
        {"failover frontend at most 1s", Metric::failover, "frontend", "", "", {}, 1, 0, 0}};
  }

  void add_request(std::uint64_t number, Time at) {
    const bool failing = at >= kFail && at < kFail + shape_.failover;
    const bool away = at >= kFail + shape_.failover && at < kRestore + 2 * kSecond;
    RequestRecord r;
    r.number = number;
    r.intended = at;
    r.sent = at + static_cast<Duration>(random_.uniform() * static_cast<double>(shape_.lateness));
    const bool lost = failing && random_.chance(0.2);
    r.failure = lost ? Failure::http_5xx : Failure::none;
    r.status = lost ? 503 : 200;
    double ms = (random_.lognormal(1, 0.4) + random_.exponential(3)) * shape_.slower + shape_.mesh_ms;
    if (away) ms += 2.1;
    if (failing) ms += random_.exponential(25);
    r.done = r.sent + static_cast<Duration>(ms * 1e6);
    store_.request(r);
    add_attempt(0, 1, at, Failure::none);
    if (failing) add_attempt(1, 3, at, Failure::connect_refused);
    add_attempt(1, away || failing ? 4 : 3, at + kMillisecond, Failure::none, failing);
  }

  void add_attempt(std::uint32_t from, std::uint32_t to, Time at, Failure failure, bool retry = false) {
    const auto status = static_cast<std::uint16_t>(failure == Failure::none ? 200 : 0);
    store_.attempt({from, to, at, at + 4 * kMillisecond, status, failure, retry});
  }

  RunReport report() const {
    RunReport report;
    const auto cpu = [this](double us) { return static_cast<Duration>(us * 8e6 * shape_.slower); };
    const bool real = shape_.world == "emu";
    report.roles = {{"load-0/load", {"load", cpu(31), real ? 9'400'000 : -1}},
                    {"load-0/sidecar", {"sidecar", cpu(22), real ? 14'200'000 : -1}},
                    {"frontend-az-a-0/sidecar", {"sidecar", cpu(41), real ? 14'700'000 : -1}},
                    {"frontend-az-a-0/workload", {"workload", cpu(38), real ? 8'100'000 : -1}},
                    {"control-plane/control-plane", {"control-plane", cpu(1.2), real ? 19'000'000 : -1}}};
    const Duration off = real ? 48 * kMicrosecond : 0;
    report.links = {{"az-a>az-b", kMillisecond, kMillisecond + 50'000 + off, kMillisecond + 99'000 + 3 * off, off,
                     4 * off, 21'377, 0},
                    {"az-b>az-a", kMillisecond, kMillisecond + 51'000 + off, kMillisecond + 98'000 + 3 * off, off,
                     5 * off, 20'981, 0}};
    report.utilisation = real ? 0.342 : 0.311;
    report.events = real ? 0 : 311'000;
    return report;
  }

  RunShape shape_;
  RandomStream random_;
  RunStore store_;
  RunSubject subject_;
};

}  // namespace meshtwin
