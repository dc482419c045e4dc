#include "emu/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <optional>

#include "emu/host_names.h"
#include "emu/link/link_client.h"
#include "emu/link/ping.h"
#include "emu/message_socket.h"
#include "emu/segment_count.h"
#include "emu/supervisor_protocol.h"

namespace meshtwin {

namespace {

constexpr int kChannel = 3;  // of a child
constexpr std::uint32_t kLinkProcess = UINT32_MAX;

struct ChildStart {
  std::vector<std::string> arguments;  // after the program
  int channel = -1;
  int standard_error = -1;                                  // -1: the supervisor's own
  int net_namespace = -1;                                   // -1: the supervisor's own
  std::vector<std::pair<std::uint32_t, int>> reaches = {};  // further namespaces, which it keeps, by pod
};

[[noreturn]] void become(const char* program, const ChildStart& start) {
  const auto refuse = [&](const char* what) {
    ::dprintf(STDERR_FILENO, "%s: %m\n", what);
    ::_exit(126);
  };
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) refuse("have a role killed with its supervisor");
  if (start.standard_error >= 0 && ::dup2(start.standard_error, STDERR_FILENO) < 0) refuse("set standard error");
  if (start.net_namespace >= 0 && ::setns(start.net_namespace, CLONE_NEWNET) < 0) refuse("setns to a pod");
  if (start.channel == kChannel) {
    ::fcntl(kChannel, F_SETFD, 0);
  } else if (::dup2(start.channel, kChannel) < 0) {
    refuse("hand over a channel");
  }
  std::string reached;
  for (const auto& [pod, space] : start.reaches) {
    const int kept = ::fcntl(space, F_DUPFD, kChannel + 1);
    if (kept < 0) refuse("hand over a pod's network namespace");
    reached += (reached.empty() ? "" : ",") + std::to_string(pod) + ":" + std::to_string(kept);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::vector<char*> argv{const_cast<char*>(program)};
  for (const std::string& argument : start.arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  if (!reached.empty()) argv.push_back(reached.data());
  argv.push_back(nullptr);
  ::execv(program, argv.data());
  refuse(program);
  ::_exit(126);
}

class Supervisor {
 public:
  Supervisor(Fd socket, const char* program) : socket_(std::move(socket)), program_(program) {}

  void run() {
    const Fd child_ended = watch_children();
    while (true) {
      pollfd waits[2] = {{socket_.fd(), POLLIN, 0}, {child_ended.get(), POLLIN, 0}};
      if (::poll(waits, 2, -1) < 0 && errno != EINTR) throw_errno("poll");
      if (waits[1].revents != 0) {
        signalfd_siginfo info{};
        [[maybe_unused]] const auto n = ::read(child_ended.get(), &info, sizeof info);
        reap();
      }
      if (waits[0].revents != 0) {
        auto message = socket_.receive();
        if (!message.has_value()) return;
        command(*message);
      }
    }
  }

 private:
  static Fd watch_children() {
    sigset_t watched;
    ::sigemptyset(&watched);
    ::sigaddset(&watched, SIGCHLD);
    checked(::sigprocmask(SIG_BLOCK, &watched, nullptr), "block SIGCHLD");
    return Fd(checked(::signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC), "signalfd"));
  }

  void command(SocketMessage& message) {
    std::visit([&](const auto& held) { act(held, message.fds); }, to_supervisor(message.text));
  }

  void act(const DeclareZone& zone, std::vector<Fd>&) { plan_.zones.push_back(zone.name); }
  void act(const DeclareLink& link, std::vector<Fd>&) {
    plan_.links.push_back(link.between);
    shapes_.push_back(link.shape);
  }
  void act(const DeclarePod& pod, std::vector<Fd>&) { plan_.pods.push_back(pod.pod); }
  void act(const DeclareNames& names, std::vector<Fd>&) { names_ += names.lines; }

  void act(const BuildNetwork& build, std::vector<Fd>&) {
    put_host_names(names_);
    plan_.ebpf = build.ebpf;
    network_.emplace(plan_);
    if (plan_.links.empty()) return say(NetworkBuilt{{}, network_->without_ebpf()});
    auto [ours, theirs] = link_control_pair();
    start(kLinkProcess, {{"link", std::to_string(build.seed), build.realtime ? "realtime" : "normal"}, theirs.get()});
    // The conductor goes on with the same socket.
    const Fd for_conductor(checked(::fcntl(ours.get(), F_DUPFD_CLOEXEC, 0), "duplicate the links' control socket"));
    LinkClient client(std::move(ours));
    NetworkBuilt built{{}, network_->without_ebpf()};
    for (std::size_t i = 0; i < plan_.links.size(); ++i) {
      client.add(plan_.zones[plan_.links[i].zone_a], network_->end_a(i), plan_.zones[plan_.links[i].zone_b],
                 network_->end_b(i), shapes_[i]);
      built.pings.push_back(ping_link(i));
    }
    socket_.send(encode(FromSupervisor(built)), {for_conductor.get()});
  }

  LinkQuality ping_link(std::size_t link) const {
    const RunLink& between = plan_.links[link];
    PingOptions options;
    options.netns_fd = network_->zone_namespace(between.zone_a);
    options.target = zone_gateway(between.zone_b);
    options.patience += shapes_[link].rtt + shapes_[link].jitter;
    const std::string name = plan_.zones[between.zone_a] + ">" + plan_.zones[between.zone_b];
    return to_link_quality(name, shapes_[link], ping(options));
  }

  void act(const SpawnRole& spawn, std::vector<Fd>& fds) {
    if (fds.size() != 2) throw std::invalid_argument("a role comes with two descriptors");
    ChildStart child{{"role", spawn.name}, fds[0].get(), fds[1].get(), network_->pod_namespace(spawn.pod)};
    for (const std::uint32_t pod : spawn.reaches) child.reaches.emplace_back(pod, network_->pod_namespace(pod));
    start(spawn.id, child);
  }

  void act(const CountSegments&, std::vector<Fd>&) {
    SegmentsCounted counted;
    for (std::size_t pod = 0; pod < plan_.pods.size(); ++pod) {
      counted.by_pod.push_back(count_segments(network_->pod_namespace(pod)));
    }
    counted.shortcuts = network_->shortcuts();
    say(counted);
  }

  void act(const KillRole& kill, std::vector<Fd>&) {
    for (const auto& [pid, id] : children_) {
      if (id == kill.id) ::kill(pid, SIGKILL);
    }
  }

  void act(const CutPod& pod, std::vector<Fd>&) { network_->cut(pod.pod, pod.cut); }

  void start(std::uint32_t id, const ChildStart& child) {
    const pid_t pid = checked(::fork(), "fork");
    if (pid == 0) become(program_, child);
    children_.emplace(pid, id);
  }

  // As the first process of its namespace it also inherits, and reaps, whatever its children leave behind.
  void reap() {
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto found = children_.find(pid);
      if (found == children_.end()) continue;
      const std::uint32_t id = found->second;
      children_.erase(found);
      if (id == kLinkProcess) {
        say(LinkProcessExited{status});
      } else {
        say(RoleExited{id, status});
      }
    }
  }

  void say(const FromSupervisor& event) { socket_.send(encode(event)); }

  MessageSocket socket_;
  const char* program_;
  RunNetworkPlan plan_;
  std::vector<LinkShape> shapes_;
  std::string names_;
  std::optional<RunNetwork> network_;
  std::map<pid_t, std::uint32_t> children_;
};

// Standard input and output are the conductor's terminal; nothing here may touch them.
void leave_terminal() {
  const int null = checked(::open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null");
  checked(::dup2(null, STDIN_FILENO), "set standard input");
  checked(::dup2(null, STDOUT_FILENO), "set standard output");
  ::close(null);
}

}  // namespace

int run_supervisor(Fd socket, const char* program) {
  const int reply = checked(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0), "duplicate the supervisor's socket");
  const MessageSocket failures{Fd(reply)};
  try {
    checked(::prctl(PR_SET_PDEATHSIG, SIGKILL), "have the supervisor killed with its parent");
    ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
    leave_terminal();
    // So that process ids mean the same in /proc; refused in some containers, and then done without.
    ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
    Supervisor(std::move(socket), program).run();
    return 0;
  } catch (const std::exception& error) {
    try {
      failures.send(encode(FromSupervisor(SupervisorFailed{error.what()})));
    } catch (const std::exception&) {
      std::fprintf(stderr, "%s\n", error.what());  // the conductor is gone
    }
    return 1;
  }
}

}  // namespace meshtwin
