// Nothing of a run is left, however it ends. Each case runs inside process-id, mount and network namespaces of its own,
// with empty /tmp and /run, so that what is counted is the run's and nobody else's.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <thread>

#include "emu/link/fd.h"
#include "emu/sandbox.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

constexpr int kPatience = 10'000;  // milliseconds

std::string role_program() {
  return fs::read_symlink("/proc/self/exe").parent_path() / "emu-test-role";
}

// What there is, as text: two of these are equal when nothing was left.
struct Inventory {
  std::set<std::string> processes;
  std::set<std::string> namespaces;  // of any kind, of any process
  std::set<std::string> mounts;
  std::set<std::string> interfaces;
  std::set<std::string> files;    // in /tmp and /run
  std::set<std::string> cgroups;  // below those of this process

  std::string text() const {
    std::ostringstream out;
    const auto list = [&](const char* name, const std::set<std::string>& items) {
      out << name << ":";
      for (const std::string& item : items) out << ' ' << item;
      out << '\n';
    };
    list("processes", processes);
    list("namespaces", namespaces);
    list("mounts", mounts);
    list("interfaces", interfaces);
    list("files", files);
    list("cgroups", cgroups);
    return out.str();
  }
};

bool is_number(const std::string& text) {
  return text.find_first_not_of("0123456789") == std::string::npos;
}

// Those below the ones this process is in: others of the host come and go.
std::set<std::string> cgroups_of_this_process() {
  std::set<std::string> found;
  std::ifstream memberships("/proc/self/cgroup");
  for (std::string line; std::getline(memberships, line);) {
    const std::size_t controllers = line.find(':') + 1;
    const std::size_t path = line.find(':', controllers) + 1;
    if (line.substr(path) == "/") continue;
    const fs::path root = fs::path("/sys/fs/cgroup") / line.substr(controllers, path - controllers - 1);
    std::error_code error;
    for (const auto& group : fs::recursive_directory_iterator(root.string() + line.substr(path), error)) {
      if (group.is_directory(error)) found.insert(group.path());
    }
  }
  return found;
}

Inventory take_inventory() {
  Inventory found;
  std::error_code error;
  for (const auto& process : fs::directory_iterator("/proc", error)) {
    const std::string pid = process.path().filename();
    if (!is_number(pid)) continue;
    found.processes.insert(pid);
    for (const auto& space : fs::directory_iterator(process.path() / "ns", error)) {
      found.namespaces.insert(fs::read_symlink(space.path(), error));
    }
  }
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) found.mounts.insert(line);
  std::ifstream interfaces("/proc/self/net/dev");
  for (std::string line; std::getline(interfaces, line);) {
    if (line.find(':') != std::string::npos) found.interfaces.insert(line.substr(0, line.find(':')));
  }
  for (const char* folder : {"/tmp", "/run"}) {
    for (const auto& file : fs::recursive_directory_iterator(folder, error)) found.files.insert(file.path());
  }
  found.cgroups = cgroups_of_this_process();
  return found;
}

struct Conductor {
  pid_t pid = -1;
  Fd output;
};

Conductor start_conductor() {
  int pipe_ends[2];
  checked(::pipe2(pipe_ends, O_CLOEXEC), "make a pipe");
  Conductor conductor{checked(::fork(), "fork"), Fd(pipe_ends[0])};
  Fd write_end(pipe_ends[1]);
  if (conductor.pid == 0) {
    ::dup2(write_end.get(), STDOUT_FILENO);
    const std::string program = role_program();
    ::execl(program.c_str(), program.c_str(), "conduct", program.c_str(), nullptr);
    ::_exit(127);
  }
  return conductor;
}

std::string read_line(const Fd& from) {
  std::string line;
  for (char c = 0; ::read(from.get(), &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

struct Case {
  const char* name;
  int signal;        // 0: let it end
  int after_ms;      // after its start; -1: when it has begun
  bool all_started;  // whether the signal is to find a run with processes
};

// In the namespaces made for it. Empty, or what is wrong.
std::string play(const Case& the_case) {
  const Inventory before = take_inventory();
  const Conductor conductor = start_conductor();
  if (the_case.after_ms < 0 && read_line(conductor.output) != "began") return "the run did not begin\n";
  if (the_case.after_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(the_case.after_ms));
  if (the_case.all_started && take_inventory().processes.size() < before.processes.size() + 6) {
    return "there was nothing to clean up\n" + take_inventory().text();
  }
  if (the_case.signal != 0) ::kill(conductor.pid, the_case.signal);
  int status = 0;
  checked(::waitpid(conductor.pid, &status, 0), "wait for the conductor");
  if (the_case.signal == 0 && status != 0) return "the run failed\n";
  if (the_case.signal != 0 && !(WIFSIGNALED(status) && WTERMSIG(status) == the_case.signal)) {
    return "the conductor did not end by the signal\n";
  }
  // After SIGKILL the kernel ends the rest; this process is the first of its namespace and inherits what has ended.
  Inventory after;
  for (int waited = 0; waited < kPatience; waited += 20) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    after = take_inventory();
    if (after.text() == before.text()) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return "before:\n" + before.text() + "after:\n" + after.text();
}

// Runs `body` as the first process of new namespaces; what it returns comes back over a pipe.
std::string in_new_namespaces(const std::function<std::string()>& body) {
  int pipe_ends[2];
  checked(::pipe2(pipe_ends, O_CLOEXEC), "make a pipe");
  const pid_t outer = checked(::fork(), "fork");
  if (outer == 0) {
    ::close(pipe_ends[0]);
    std::string said;
    try {
      checked(::unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET), "make namespaces");
      const pid_t inner = checked(::fork(), "fork");
      if (inner > 0) {
        ::waitpid(inner, nullptr, 0);
        ::_exit(0);
      }
      checked(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private");
      checked(::mount("proc", "/proc", "proc", 0, nullptr), "mount /proc");
      for (const std::string folder : {"/tmp", "/run"}) {
        if (role_program().rfind(folder + "/", 0) == 0) continue;  // built there: it must stay visible
        checked(::mount("tmpfs", folder.c_str(), "tmpfs", 0, nullptr), "mount a tmpfs");
      }
      said = body();
    } catch (const std::exception& error) {
      said = error.what();
    }
    said += "\nend";
    [[maybe_unused]] const auto n = ::write(pipe_ends[1], said.data(), said.size());
    ::_exit(0);
  }
  ::close(pipe_ends[1]);
  const Fd from(pipe_ends[0]);
  std::string said;
  char block[4096];
  for (ssize_t n = 0; (n = ::read(from.get(), block, sizeof block)) > 0;)
    said.append(block, static_cast<std::size_t>(n));
  ::waitpid(outer, nullptr, 0);
  if (said.size() < 4 || said.substr(said.size() - 4) != "\nend") return "the test's process died: " + said;
  return said.substr(0, said.size() - 4);
}

class Leftovers : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (probe_namespaces(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET) != 0) {
      GTEST_SKIP() << "needs root, to count what is left in namespaces of its own";
    }
  }
};

TEST_P(Leftovers, AreNone) {
  EXPECT_EQ(in_new_namespaces([] { return play(GetParam()); }), "");
}

INSTANTIATE_TEST_SUITE_P(Ends, Leftovers,
                         ::testing::Values(Case{"normal", 0, -1, true}, Case{"interrupted", SIGINT, -1, true},
                                           Case{"terminated", SIGTERM, -1, true}, Case{"killed", SIGKILL, -1, true},
                                           Case{"killed_after_1_ms", SIGKILL, 1, false},
                                           Case{"killed_after_5_ms", SIGKILL, 5, false},
                                           Case{"killed_after_15_ms", SIGKILL, 15, false},
                                           Case{"killed_after_50_ms", SIGKILL, 50, false},
                                           Case{"killed_after_150_ms", SIGKILL, 150, false},
                                           Case{"killed_after_300_ms", SIGKILL, 300, false}),
                         [](const auto& info) { return info.param.name; });

TEST(Unprivileged, ARunWorksWithoutRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "this very process is unprivileged: the other tests show it";
  if (probe_namespaces(CLONE_NEWUSER | CLONE_NEWNET) != 0) GTEST_SKIP() << "no user namespaces here";
  int pipe_ends[2];
  checked(::pipe2(pipe_ends, O_CLOEXEC), "make a pipe");
  const pid_t pid = checked(::fork(), "fork");
  if (pid == 0) {
    ::dup2(pipe_ends[1], STDOUT_FILENO);
    const std::string program = role_program();
    ::execlp("setpriv", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program.c_str(), "conduct",
             program.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  const Fd from(pipe_ends[0]);
  EXPECT_EQ(read_line(from), "began");
  EXPECT_EQ(read_line(from).substr(0, 9), "answered ");
  int status = -1;
  checked(::waitpid(pid, &status, 0), "wait for the conductor");
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace meshtwin
