// What the shortcut saves: round trips of 1 KB over sockets of one pod and of two pods of one node, with and without
// it, in pairs one after the other. Two processes: each sleeps until it is woken, which the shortcut does not change.
// One process: holds both ends and never sleeps, so that what is measured is the way itself. Usage: bench_acceleration
// [PAIRS [ROUND_TRIPS]]

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
  char data[kBytes];
  while (::recv(fd.get(), data, kBytes, MSG_WAITALL) == static_cast<ssize_t>(kBytes)) {
    if (::send(fd.get(), data, kBytes, MSG_NOSIGNAL) != static_cast<ssize_t>(kBytes)) break;
  }
  ::_exit(0);
}

// Where both ends are held, the answer is sent as soon as the question is read.
void exchange(const Fd& from, const Fd* to, const char* data, char* read) {
  if (::send(from.get(), data, kBytes, 0) != static_cast<ssize_t>(kBytes)) throw_errno("send");
  if (to != nullptr) {
    if (::recv(to->get(), read, kBytes, MSG_WAITALL) != static_cast<ssize_t>(kBytes)) throw_errno("receive");
    if (::send(to->get(), data, kBytes, 0) != static_cast<ssize_t>(kBytes)) throw_errno("send");
  }
  if (::recv(from.get(), read, kBytes, MSG_WAITALL) != static_cast<ssize_t>(kBytes)) throw_errno("receive");
}

Measured measure(Pods& pods, std::size_t to, int count, bool two_processes) {
  const Fd listener = pods.listener(to, {0, 8080});
  const Fd client = pods.dial(0, {pods.ip(to), 8080});
  const Fd server = accept_from(listener);
  const pid_t child = two_processes ? checked(::fork(), "fork") : -1;
  if (child == 0) echo(server);
  const std::string data = numbered(kBytes);
  std::string read(kBytes, '\0');
  const auto round_trip = [&] { exchange(client, two_processes ? nullptr : &server, data.data(), read.data()); };
  for (int i = 0; i < count / 10; ++i) round_trip();
  const auto segments = [&] { return pods.segments(0) + (to == 0 ? 0 : pods.segments(to)); };
  const std::int64_t segments_before = segments();
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i) round_trip();
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - before;
  const auto sent = static_cast<double>(segments() - segments_before);
  if (two_processes) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  return {spent.count() / count, sent / count};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void compare(const char* name, Pods& plain, Pods& accelerated, std::size_t to, int pairs, int count,
             bool two_processes) {
  std::vector<double> tcp, shortcut, ratios, segments_tcp, segments_shortcut;
  for (int i = 0; i < pairs; ++i) {
    const Measured a = measure(plain, to, count, two_processes);
    const Measured b = measure(accelerated, to, count, two_processes);
    tcp.push_back(a.us);
    shortcut.push_back(b.us);
    ratios.push_back(a.us / b.us);
    segments_tcp.push_back(a.segments);
    segments_shortcut.push_back(b.segments);
  }
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  fmt::print("{:<34} {:>8.2f} {:>10.2f} {:>8.2f}   {:.2f}–{:.2f} {:>12.2f} {:>10.4f} {:>9.2f} %\n", name, median(tcp),
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
  fmt::print("{:<34} {:>8} {:>10} {:>8}   {:<9} {:>12} {:>10} {:>11}\n", "", "TCP, us", "eBPF, us", "ratio", "range",
             "segments", "with eBPF", "change");
  compare("inside a pod, one process", plain, accelerated, 0, pairs, count, false);
  compare("pods of one node, one process", plain, accelerated, 1, pairs, count, false);
  compare("inside a pod, two processes", plain, accelerated, 0, pairs, count, true);
  compare("pods of one node, two processes", plain, accelerated, 1, pairs, count, true);
  return 0;
}
