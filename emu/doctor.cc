#include "emu/doctor.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>
#include <thread>

#include "ebpf/program_set.h"
#include "emu/capture.h"
#include "emu/interfaces.h"
#include "emu/link/fd.h"
#include "emu/link/in_namespace.h"
#include "emu/link/link_end.h"
#include "emu/sandbox.h"
#include "emu/socket_options.h"
#include "mesh/base/time.h"

namespace meshtwin {

namespace {

constexpr int kRunNamespaces = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET;
constexpr rlim_t kDescriptorsWanted = 4096;

void write_text(const char* path, const std::string& text) {
  const Fd file(checked(::open(path, O_WRONLY | O_CLOEXEC), std::string("open ") + path));
  checked(::write(file.get(), text.data(), text.size()), std::string("write ") + path);
}

void become_root_of_new_namespaces() {
  if (probe_namespaces(kRunNamespaces) == 0)
    return checked(::unshare(CLONE_NEWNET), "make a network namespace"), void();
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  checked(::unshare(CLONE_NEWUSER | CLONE_NEWNET), "make a user namespace with a network namespace");
  write_text("/proc/self/setgroups", "deny");
  write_text("/proc/self/uid_map", "0 " + uid + " 1");
  write_text("/proc/self/gid_map", "0 " + gid + " 1");
}

// Why `attempt` fails in a child process; empty when it does not.
std::string try_in_child(const std::function<void()>& attempt) {
  int ends[2];
  checked(::pipe2(ends, O_CLOEXEC), "make a pipe");
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  const pid_t pid = checked(::fork(), "fork");
  if (pid == 0) {
    std::string why;
    try {
      attempt();
    } catch (const std::exception& error) {
      why = error.what();
    }
    [[maybe_unused]] const auto n = ::write(write_end.get(), why.data(), why.size());
    ::_exit(0);
  }
  write_end.reset();
  std::string why;
  char block[512];
  for (ssize_t n = 0; (n = ::read(read_end.get(), block, sizeof block)) > 0;)
    why.append(block, static_cast<std::size_t>(n));
  int status = 0;
  ::waitpid(pid, &status, 0);
  return why.empty() && status != 0 ? "the attempt crashed" : why;
}

Finding tried(const std::string& name, bool required, const std::string& remedy, const std::function<void()>& attempt) {
  const std::string why = try_in_child([&] {
    become_root_of_new_namespaces();
    attempt();
  });
  return {name, why.empty(), why.empty() ? "works" : why, why.empty() ? "" : remedy, required};
}

Finding privileges() {
  const int refused = probe_namespaces(kRunNamespaces);
  if (refused == 0) return {"privileges", true, "namespaces are made directly", "", false};
  return {"privileges", false, std::string("namespaces are refused directly: ") + std::strerror(refused),
          "runs use a user namespace, without eBPF and cgroups; run as root to have those", false};
}

Finding ebpf() {
  const std::string missing = missing_for_ebpf();
  if (missing.empty()) return {"eBPF", true, "capture and acceleration can be loaded", "", false};
  const std::string remedy = "scenarios with mesh.capture or mesh.acceleration: ebpf need it; others do not";
  return {"eBPF", false, missing, remedy, false};
}

Finding user_namespaces() {
  const int refused = probe_namespaces(CLONE_NEWUSER | kRunNamespaces);
  if (refused == 0) return {"user namespaces", true, "allowed", "", false};
  return {
      "user namespaces", false, std::strerror(refused),
      "set the sysctl user.max_user_namespaces above 0 (and kernel.unprivileged_userns_clone to 1 where there is one), "
      "or run as root",
      false};
}

void try_veth_on_bridge() {
  add_bridge("zone", {2, 0, 10, 1, 0, 1});
  const Fd pod = new_net_namespace();
  add_veth({"pod0", interface_index("zone"), "eth0", {2, 0, 10, 1, 0, 2}, pod.get()});
}

Finding tun_device() {
  const Fd tun(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (tun) return {"TUN device", true, "/dev/net/tun opens", "", false};
  return {"TUN device", false, std::string("/dev/net/tun: ") + std::strerror(errno),
          "not needed: links use packet sockets", false};
}

Finding realtime_priority() {
  const std::string why = try_in_child([] {
    const sched_param priority{1};
    checked(::sched_setscheduler(0, SCHED_FIFO, &priority), "sched_setscheduler SCHED_FIFO");
  });
  return {"real-time priority", why.empty(), why.empty() ? "allowed" : why,
          why.empty() ? "" : "links release packets less exactly; run as root or raise RLIMIT_RTPRIO", false};
}

Finding cores() {
  const unsigned count = std::thread::hardware_concurrency();
  return {"cores", count >= 2, std::to_string(count),
          count >= 2 ? "" : "a run shares one core among all roles; keep rates low, or use the simulator", false};
}

Finding congestion_control() {
  const std::string why = try_in_child([] { tcp_socket(); });
  return {"congestion control", why.empty(), why.empty() ? "CUBIC or Reno can be set on a socket" : why,
          why.empty() ? "" : "load the kernel module tcp_cubic", true};
}

Finding descriptors() {
  rlimit limit{};
  checked(::getrlimit(RLIMIT_NOFILE, &limit), "read the limit of open files");
  const bool enough = limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= kDescriptorsWanted;
  const std::string detail = limit.rlim_max == RLIM_INFINITY ? "no limit" : "at most " + std::to_string(limit.rlim_max);
  return {"open files", enough, detail, enough ? "" : "raise the hard limit (ulimit -Hn) for topologies of many pods",
          false};
}

// What reading the clock costs: a run reads it several times a request.
Finding clock_cost() {
  constexpr int kReads = 100'000;
  timespec first{}, last{}, now{};
  clock_gettime(CLOCK_MONOTONIC, &first);
  for (int i = 0; i < kReads; ++i) clock_gettime(CLOCK_MONOTONIC, &now);
  clock_gettime(CLOCK_MONOTONIC, &last);
  const Duration each = ((last.tv_sec - first.tv_sec) * kSecond + last.tv_nsec - first.tv_nsec) / kReads;
  std::string source = "unknown";
  std::ifstream("/sys/devices/system/clocksource/clocksource0/current_clocksource") >> source;
  const bool fast = each < 200;
  return {"clock", fast, std::to_string(each) + " ns a read, source " + source,
          fast ? "" : "the clock is read by a system call; choose the clock source tsc or kvm-clock if the host has it",
          false};
}

}  // namespace

std::vector<Finding> examine_host() {
  const std::string namespaces = "run as root or allow user namespaces; in a container, add the capability SYS_ADMIN";
  std::vector<Finding> findings;
  findings.push_back(privileges());
  findings.push_back(user_namespaces());
  findings.push_back(tried("network namespaces", true, namespaces, [] { new_net_namespace(); }));
  findings.push_back(tried("bridges and veth", true, "load the kernel modules bridge and veth", try_veth_on_bridge));
  findings.push_back(tried("nftables redirect", true, "load the kernel modules nf_tables, nft_redir and nf_nat",
                           [] { install_capture(); }));
  findings.push_back(ebpf());
  findings.push_back(tried("packet sockets", true, "load the kernel module af_packet; in a container, add NET_RAW", [] {
    LinkEndOptions options;
    options.name = "link0";
    create_link_end(options);
  }));
  findings.push_back(tun_device());
  findings.push_back(realtime_priority());
  findings.push_back(cores());
  findings.push_back(congestion_control());
  findings.push_back(descriptors());
  findings.push_back(clock_cost());
  return findings;
}

}  // namespace meshtwin
