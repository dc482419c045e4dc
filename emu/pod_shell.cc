#include "emu/pod_shell.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

#include "emu/link/fd.h"
#include "mesh/control/control_metrics.h"
#include "mesh/proxy/proxy_telemetry.h"
#include "mesh/workload/workload_metrics.h"

namespace meshtwin {

namespace {

struct RoleFound {
  int pid = 0;
  int run = 0;  // of the meshtwin it belongs to
  std::string pod;
  std::string role;
};

std::vector<std::string> arguments_of(const std::string& process) {
  std::ifstream file("/proc/" + process + "/cmdline");
  std::vector<std::string> arguments;
  for (std::string argument; std::getline(file, argument, '\0');) arguments.push_back(argument);
  return arguments;
}

int parent_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; file >> word;) {
    int parent = 0;
    if (word == "PPid:" && file >> parent) return parent;
  }
  return 0;
}

// A role's process is "meshtwin-role role POD/ROLE", a child of its supervisor, which is a child of the run.
std::vector<RoleFound> roles_here() {
  std::vector<RoleFound> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir("/proc"), ::closedir);
  while (const dirent* entry = processes == nullptr ? nullptr : ::readdir(processes.get())) {
    const std::string name = entry->d_name;
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::vector<std::string> arguments = arguments_of(name);
    if (arguments.size() < 3 || arguments[1] != "role" || !arguments[0].ends_with("meshtwin-role")) continue;
    const std::size_t slash = arguments[2].rfind('/');
    if (slash == std::string::npos) continue;
    const int pid = std::stoi(name);
    found.push_back({pid, parent_of(parent_of(pid)), arguments[2].substr(0, slash), arguments[2].substr(slash + 1)});
  }
  return found;
}

// The first process of a program's own PID namespace, where the role is a program: its child.
int inner_process(const RoleFound& role) {
  if (role.role != "program") return role.pid;
  std::ifstream children("/proc/" + std::to_string(role.pid) + "/task/" + std::to_string(role.pid) + "/children");
  int child = 0;
  return children >> child ? child : role.pid;
}

// Those of the pod.
std::vector<RoleFound> roles_of(const std::string& pod, int run) {
  const std::vector<RoleFound> roles = roles_here();
  if (roles.empty())
    throw std::runtime_error("no real run is under way; start one with meshtwin run --world emu --hold");
  std::set<int> runs;
  std::set<std::string> pods;
  std::vector<RoleFound> matching;
  for (const RoleFound& role : roles) {
    runs.insert(role.run);
    if (run != 0 && role.run != run) continue;
    pods.insert(role.pod);
    if (role.pod == pod) matching.push_back(role);
  }
  if (run == 0 && runs.size() > 1) {
    std::string list;
    for (const int one : runs) list += " " + std::to_string(one);
    throw std::runtime_error("several runs are under way; choose one with --run, of these process ids:" + list);
  }
  if (matching.empty()) {
    std::string list;
    for (const std::string& one : pods) list += " " + one;
    throw std::runtime_error("found no pod " + pod + ", expected one of:" + list);
  }
  return matching;
}

// The application's own namespaces rather than its proxy's.
RoleFound choose(const std::vector<RoleFound>& matching) {
  const auto application = std::find_if(matching.begin(), matching.end(), [](const RoleFound& role) {
    return role.role == "program" || role.role == "workload" || role.role == "load";
  });
  return application == matching.end() ? matching.front() : *application;
}

void join(int pid) {
  const Fd process(checked(::open(("/proc/" + std::to_string(pid)).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                           "look at the pod's process"));
  struct Space {
    const char* name;
    int kind;
  };
  std::vector<Fd> spaces;
  std::vector<int> kinds;
  for (const Space& space : {Space{"ns/user", CLONE_NEWUSER}, Space{"ns/net", CLONE_NEWNET},
                             Space{"ns/pid", CLONE_NEWPID}, Space{"ns/mnt", CLONE_NEWNS}}) {
    spaces.emplace_back(checked(::openat(process.get(), space.name, O_RDONLY | O_CLOEXEC), space.name));
    kinds.push_back(space.kind);
  }
  for (std::size_t i = 0; i < spaces.size(); ++i) {
    // Its own user namespace one cannot join again; it is then the right one already.
    if (::setns(spaces[i].get(), kinds[i]) < 0 && kinds[i] != CLONE_NEWUSER) {
      throw_errno("join the pod's namespaces");
    }
  }
}

}  // namespace

namespace {

// In a process of its own, since the PID namespace that is joined is its children's.
int exit_of_child(const std::function<int()>& child_does) {
  const pid_t child = checked(::fork(), "fork");
  if (child == 0) ::_exit(child_does());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Where the pod's metrics are: its proxy's rather than its application's.
std::uint16_t metrics_port(const std::vector<RoleFound>& roles) {
  constexpr std::pair<const char*, std::uint16_t> kPorts[] = {
      {"sidecar", kEnvoyMetricsPort}, {"gateway", kEnvoyMetricsPort},         {"waypoint", kEnvoyMetricsPort},
      {"ztunnel", kAgentMetricsPort}, {"control-plane", kControlMetricsPort}, {"workload", kWorkloadMetricsPort}};
  for (const auto& [kind, port] : kPorts) {
    for (const RoleFound& role : roles) {
      if (role.role == kind) return port;
    }
  }
  throw std::runtime_error("found nothing in pod " + roles.front().pod +
                           " that has metrics; choose a port with --port");
}

// What a server on the loopback answers, without its head.
std::string get_page(std::uint16_t port, const std::string& path) {
  const Fd socket(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "make a socket"));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  checked(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
          "dial port " + std::to_string(port));
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  checked(::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL), "ask for " + path);
  std::string answer;
  std::array<char, 65536> block;
  for (ssize_t n = 0; (n = checked(::recv(socket.get(), block.data(), block.size(), 0), "read " + path)) > 0;) {
    answer.append(block.data(), static_cast<std::size_t>(n));
  }
  const std::size_t body = answer.find("\r\n\r\n");
  if (body == std::string::npos || !answer.starts_with("HTTP/1.1 200 ")) {
    throw std::runtime_error("port " + std::to_string(port) + " answered " + path + " with " +
                             answer.substr(0, answer.find('\r')));
  }
  return answer.substr(body + 4);
}

}  // namespace

int scrape_pod(const std::string& pod, int run, std::uint16_t port) {
  const std::vector<RoleFound> roles = roles_of(pod, run);
  const std::uint16_t at = port != 0 ? port : metrics_port(roles);
  join(inner_process(choose(roles)));
  const std::string page = get_page(at, at == kEnvoyMetricsPort ? "/stats/prometheus" : "/metrics");
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0 : 1;
}

int run_in_pod(const std::string& pod, int run, const std::vector<std::string>& command) {
  join(inner_process(choose(roles_of(pod, run))));
  const char* shell = std::getenv("SHELL");
  std::vector<std::string> words = command;
  if (!words.empty() && words.front() == "--") words.erase(words.begin());
  if (words.empty()) words.push_back(shell != nullptr && *shell != '\0' ? shell : "/bin/sh");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return exit_of_child([&argv] {
    ::execvp(argv[0], argv.data());
    ::dprintf(STDERR_FILENO, "start %s: %m\n", argv[0]);
    return 127;
  });
}

}  // namespace meshtwin
