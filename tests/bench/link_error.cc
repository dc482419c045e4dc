// bench_link_error: how far a link is from what was asked of it. For each round trip, the error of real echoes (p50 and
// p99, idle and with one core busy); for each bandwidth, what a TCP flow gets. Prints a table, or with --json one
// object. Options: --json, --repeats N, --seconds N (of each TCP flow), --pings N.

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "emu/link/kernel_time.h"
#include "emu/link/ping.h"
#include "tests/support/link/link_rig.h"

namespace meshtwin {
namespace {

struct Options {
  bool json = false;
  int repeats = 5;
  int pings = 500;
  int seconds = 3;
  std::string machine = "";
};

// Keeps one core busy for as long as it lives, in a process of its own.
class Burner {
 public:
  Burner() : process_(checked(fork(), "fork a busy process")) {
    while (process_ == 0 && getppid() != 1) {
    }
    if (process_ == 0) _exit(0);
  }
  Burner(const Burner&) = delete;
  ~Burner() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }

 private:
  pid_t process_;
};

template <typename T>
T median(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct DelayRow {
  Duration rtt = 0;
  bool busy = false;
  Duration interval = 3 * kMillisecond;                            // between echoes
  std::vector<double> p50_us = {}, p99_us = {}, seen_p50_us = {};  // error of the round trip, one for each repeat
  std::vector<double> late_p99_us = {}, cpu_us = {}, spin_us = {}, compensation_us = {};
};

void measure_delay(const Options& options, DelayRow& row) {
  LinkShape shape;
  shape.rtt = row.rtt;
  LinkRig rig(shape, 1);
  std::unique_ptr<Burner> burner = row.busy ? std::make_unique<Burner>() : nullptr;
  PingOptions pings{rig.zone_a().get(), LinkRig::kIpB, 100, 3 * kMillisecond, kSecond};
  ping(pings);  // what a run does first: it settles the compensation
  rig.client().begin();
  pings.count = options.pings;
  pings.interval = row.interval;
  const PingResult result = ping(pings);
  if (result.rtt.count() < result.sent) {
    std::fprintf(stderr, "%d of %d echoes were lost\n", static_cast<int>(result.sent - result.rtt.count()),
                 static_cast<int>(result.sent));
  }
  const LinkReport report = rig.client().report();
  const auto error = [&](const Histogram& h, double share) {
    return static_cast<double>(h.quantile(share) - row.rtt) / kMicrosecond;
  };
  row.p50_us.push_back(error(result.rtt, 0.5));
  row.p99_us.push_back(error(result.rtt, 0.99));
  row.seen_p50_us.push_back(error(result.rtt_seen, 0.5));
  row.late_p99_us.push_back(
      static_cast<double>(std::max(report.directions[0].lateness_p99, report.directions[1].lateness_p99)) /
      kMicrosecond);
  const double packets = static_cast<double>(result.sent) * 2 * kMicrosecond;
  row.cpu_us.push_back(static_cast<double>(report.cpu) / packets);
  row.spin_us.push_back(static_cast<double>(report.spin) / packets);
  row.compensation_us.push_back(static_cast<double>(report.compensation) / kMicrosecond);
}

struct BandwidthRow {
  std::int64_t bps = 0;
  bool busy = false;
  std::vector<double> error_percent = {}, mbit = {}, cpu_us = {};  // cpu: of the link process, for each segment
};

void measure_bandwidth(const Options& options, BandwidthRow& row) {
  LinkShape shape;
  shape.rtt = 2 * kMillisecond;
  shape.bandwidth_bps = row.bps;
  LinkRig rig(shape, 1);
  std::unique_ptr<Burner> burner = row.busy ? std::make_unique<Burner>() : nullptr;
  TcpPair flow = connect_through(rig);
  std::atomic<std::int64_t> received = 0;
  std::thread sender([&] {
    const std::vector<char> block(256 * 1024);
    while (send(flow.a.get(), block.data(), block.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  std::thread receiver([&] {
    std::vector<char> block(1024 * 1024);
    ssize_t got = 0;
    while ((got = recv(flow.b.get(), block.data(), block.size(), 0)) > 0) received += got;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(1000));  // slow start is over
  rig.client().begin();
  const Time begin = monotonic_now();
  const std::int64_t before = received;
  std::this_thread::sleep_for(std::chrono::seconds(options.seconds));
  const auto passed = static_cast<double>(monotonic_now() - begin);
  const auto bytes = static_cast<double>(received - before);
  const LinkReport report = rig.client().report();
  shutdown(flow.a.get(), SHUT_RDWR);
  shutdown(flow.b.get(), SHUT_RDWR);
  sender.join();
  receiver.join();
  const double wire = bytes * 8 * (1514.0 / 1448.0) * kSecond / passed;
  row.mbit.push_back(wire / 1e6);
  row.error_percent.push_back(row.bps == 0 ? 0 : 100 * (wire / static_cast<double>(row.bps) - 1));
  const double segments = static_cast<double>(report.directions[0].packets + report.directions[1].packets);
  row.cpu_us.push_back(static_cast<double>(report.cpu) / segments / kMicrosecond);
}

std::string machine() {
  utsname names;
  uname(&names);
  std::string processor = "unknown processor";
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.starts_with("model name")) processor = line.substr(line.find(':') + 2);
  }
  double load = 0;
  getloadavg(&load, 1);
  char text[256];
  std::snprintf(text, sizeof text, "%u x %s, Linux %s, load average before %.2f", std::thread::hardware_concurrency(),
                processor.c_str(), names.release, load);
  return text;
}

void print_table(const Options& options, const std::vector<DelayRow>& delays, const std::vector<BandwidthRow>& flows) {
  std::printf("%s; median of %d repeats of %d echoes, %d s of TCP\n\n", options.machine.c_str(), options.repeats,
              options.pings, options.seconds);
  std::printf(
      "| round trip | echoes a second | core busy | error p50 | p99 | p50 as a process sees it | late p99 | link CPU a "
      "packet, spinning "
      "| compensated |\n");
  std::printf("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
  for (const DelayRow& r : delays) {
    std::printf("| %.1f ms | %d | %s | %+.1f us | %+.1f us | %+.1f us | %.1f us | %.1f us, %.1f us | %.1f us |\n",
                static_cast<double>(r.rtt) / kMillisecond, static_cast<int>(kSecond / r.interval),
                r.busy ? "yes" : "no", median(r.p50_us), median(r.p99_us), median(r.seen_p50_us), median(r.late_p99_us),
                median(r.cpu_us), median(r.spin_us), median(r.compensation_us));
  }
  std::printf("\n| bandwidth | core busy | measured | error | link CPU a segment |\n| --- | --- | --- | --- | --- |\n");
  for (const BandwidthRow& r : flows) {
    const std::string wanted = r.bps == 0 ? "unlimited" : std::to_string(r.bps / 1'000'000) + " Mbit";
    std::printf("| %s | %s | %.2f Mbit | %+.2f %% | %.2f us |\n", wanted.c_str(), r.busy ? "yes" : "no", median(r.mbit),
                median(r.error_percent), median(r.cpu_us));
  }
}

void print_json(const Options& options, const std::vector<DelayRow>& delays, const std::vector<BandwidthRow>& flows) {
  nlohmann::json out = {{"machine", options.machine},       {"repeats", options.repeats},
                        {"pings", options.pings},           {"seconds", options.seconds},
                        {"delay", nlohmann::json::array()}, {"bandwidth", nlohmann::json::array()}};
  for (const DelayRow& r : delays) {
    out["delay"].push_back({{"rtt_ns", r.rtt},
                            {"interval_ns", r.interval},
                            {"core_busy", r.busy},
                            {"error_p50_us", r.p50_us},
                            {"error_p99_us", r.p99_us},
                            {"error_seen_p50_us", r.seen_p50_us},
                            {"lateness_p99_us", r.late_p99_us},
                            {"cpu_us_per_packet", r.cpu_us},
                            {"spin_us_per_packet", r.spin_us},
                            {"compensation_us", r.compensation_us}});
  }
  for (const BandwidthRow& r : flows) {
    out["bandwidth"].push_back({{"wanted_bps", r.bps},
                                {"core_busy", r.busy},
                                {"measured_mbit", r.mbit},
                                {"error_percent", r.error_percent},
                                {"cpu_us_per_segment", r.cpu_us}});
  }
  std::printf("%s\n", out.dump(2).c_str());
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::max(1, std::atoi(argv[++i])) : 1; };
    if (option == "--json")
      options.json = true;
    else if (option == "--repeats")
      options.repeats = number();
    else if (option == "--pings")
      options.pings = number();
    else if (option == "--seconds")
      options.seconds = number();
    else {
      std::fprintf(stderr, "usage: bench_link_error [--json] [--repeats N] [--pings N] [--seconds N]\n");
      std::exit(2);
    }
  }
  return options;
}

int run(Options options) {
  options.machine = machine();
  const std::string refusal = allow_namespaces();
  if (!refusal.empty()) {
    std::fprintf(stderr, "bench_link_error: %s\n", refusal.c_str());
    return 1;
  }
  std::vector<DelayRow> delays;
  std::vector<BandwidthRow> flows;
  for (const bool busy : {false, true}) {
    for (const Duration rtt :
         {200 * kMicrosecond, kMillisecond, 2 * kMillisecond, 10 * kMillisecond, 50 * kMillisecond}) {
      delays.push_back({.rtt = rtt, .busy = busy});
    }
    for (const std::int64_t rate : {1000, 5000, 20'000}) {
      delays.push_back({.rtt = 2 * kMillisecond, .busy = busy, .interval = kSecond / rate});
    }
    for (const std::int64_t mbit : {10, 100, 1000, 0}) flows.push_back({.bps = mbit * 1'000'000, .busy = busy});
  }
  for (int i = 0; i < options.repeats; ++i) {
    for (DelayRow& row : delays) measure_delay(options, row);
    for (BandwidthRow& row : flows) measure_bandwidth(options, row);
  }
  if (options.json)
    print_json(options, delays, flows);
  else
    print_table(options, delays, flows);
  return 0;
}

}  // namespace
}  // namespace meshtwin

int main(int argc, char** argv) {
  try {
    return meshtwin::run(meshtwin::parse(argc, argv));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_link_error: %s\n", e.what());
    return 1;
  }
}
