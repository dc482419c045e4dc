#include "emu/pod_shell.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

#include "emu/link/fd.h"

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

RoleFound choose(const std::string& pod, int run) {
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
  // The application's own namespaces rather than its proxy's.
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

int run_in_pod(const std::string& pod, int run, const std::vector<std::string>& command) {
  const RoleFound role = choose(pod, run);
  join(inner_process(role));
  const char* shell = std::getenv("SHELL");
  std::vector<std::string> words = command;
  if (!words.empty() && words.front() == "--") words.erase(words.begin());
  if (words.empty()) words.push_back(shell != nullptr && *shell != '\0' ? shell : "/bin/sh");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = checked(::fork(), "fork");  // the PID namespace is the child's
  if (child == 0) {
    ::execvp(argv[0], argv.data());
    ::dprintf(STDERR_FILENO, "start %s: %m\n", argv[0]);
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace meshtwin
