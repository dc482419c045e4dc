// What the shortcut saves: round trips of 1 KB between two processes, over sockets of one pod and of two pods of one
// node, with and without it, in pairs one after the other. Usage: bench_acceleration [PAIRS [ROUND_TRIPS]]

#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "tests/support/ebpf/pods.h"

namespace meshtwin {
namespace {

constexpr std::size_t kBytes = 1024;

struct Measured {
  double us = 0;        // a round trip
  double segments = 0;  // likewise
};

void echo(const Fd& fd) {
  while (true) {
    const std::string data = receive(fd, kBytes);
    if (data.size() < kBytes) ::_exit(0);
    send_all(fd, data);
  }
}

Measured measure(Pods& pods, std::size_t to, int count) {
  const Fd listener = pods.listener(to, {0, 8080});
  const Fd client = pods.dial(0, {pods.ip(to), 8080});
  const pid_t child = checked(::fork(), "fork");
  if (child == 0) {
    echo(accept_from(listener));
  }
  const std::string data = numbered(kBytes);
  const auto round_trip = [&] {
    send_all(client, data);
    receive(client, kBytes);
  };
  for (int i = 0; i < count / 10; ++i) round_trip();
  const auto segments = [&] { return pods.segments(0) + (to == 0 ? 0 : pods.segments(to)); };
  const std::int64_t segments_before = segments();
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i) round_trip();
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - before;
  const auto sent = static_cast<double>(segments() - segments_before);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return {spent.count() / count, sent / count};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void compare(const char* name, Pods& plain, Pods& accelerated, std::size_t to, int pairs, int count) {
  std::vector<double> tcp, shortcut, ratios, segments_tcp, segments_shortcut;
  for (int i = 0; i < pairs; ++i) {
    const Measured a = measure(plain, to, count);
    const Measured b = measure(accelerated, to, count);
    tcp.push_back(a.us);
    shortcut.push_back(b.us);
    ratios.push_back(a.us / b.us);
    segments_tcp.push_back(a.segments);
    segments_shortcut.push_back(b.segments);
  }
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  fmt::print("{:<18} {:>8.2f} {:>10.2f} {:>8.2f}   {:.2f}–{:.2f} {:>12.2f} {:>10.4f} {:>9.2f} %\n", name, median(tcp),
             median(shortcut), median(ratios), *least, *most, median(segments_tcp), median(segments_shortcut),
             100 * (median(segments_shortcut) / median(segments_tcp) - 1));
}

}  // namespace
}  // namespace meshtwin

int main(int argc, char** argv) {
  using namespace meshtwin;
  if (const std::string why = cannot_test_ebpf(); !why.empty()) {
    fmt::print(stderr, "{}\n", why);
    return 1;
  }
  const int pairs = argc > 1 ? std::max(1, std::atoi(argv[1])) : 7;
  const int count = argc > 2 ? std::max(10, std::atoi(argv[2])) : 20'000;
  Pods plain({{0, false}, {0, false}}, {});
  Pods accelerated({{0, false}, {0, false}}, {false, true, false});
  fmt::print("round trips of {} bytes, {} a run, {} pairs of runs; medians\n", kBytes, count, pairs);
  fmt::print("{:<18} {:>8} {:>10} {:>8}   {:<9} {:>12} {:>10} {:>11}\n", "", "TCP, us", "eBPF, us", "ratio", "range",
             "segments", "with eBPF", "change");
  compare("inside a pod", plain, accelerated, 0, pairs, count);
  compare("pods of one node", plain, accelerated, 1, pairs, count);
  return 0;
}
