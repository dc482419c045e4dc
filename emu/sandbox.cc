#include "emu/sandbox.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace meshtwin {

namespace {

constexpr int kNamespaces = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET;
constexpr int kSocket = 3;

// Prepared by the caller: between clone and exec only system calls are made, because other threads may hold locks.
struct Launch {
  const char* program;
  char* const* arguments;
  int socket;
  int report;  // a pipe that exec closes; what failed is written to it
  bool user_namespace;
  std::string uid_map;
  std::string gid_map;
};

struct Refusal {
  int error = 0;
  int step = 0;
};

constexpr std::array<const char*, 5> kSteps = {"map the user of the user namespace", "make mounts private",
                                               "have it killed with its parent", "hand it its socket", "execute it"};

pid_t clone_process(unsigned long flags) {
  return static_cast<pid_t>(::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

bool write_file(const char* path, std::string_view text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return written;
}

[[noreturn]] void refuse(const Launch& launch, int step) {
  const Refusal refusal{errno, step};
  [[maybe_unused]] const auto n = ::write(launch.report, &refusal, sizeof refusal);
  ::_exit(127);
}

[[noreturn]] void become(const Launch& launch) {
  if (launch.user_namespace &&
      !(write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", launch.uid_map) &&
        write_file("/proc/self/gid_map", launch.gid_map))) {
    refuse(launch, 0);
  }
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0) refuse(launch, 1);
  // The parent may have died before this call; then the socket is at its end, which the program notices.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) refuse(launch, 2);
  ::setsid();  // Ctrl-C is the parent's to handle
  const int report = ::fcntl(launch.report, F_DUPFD_CLOEXEC, kSocket + 1);
  if (report < 0 || ::dup2(launch.socket, kSocket) < 0 ||
      ::syscall(SYS_close_range, kSocket + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0 || ::fcntl(kSocket, F_SETFD, 0) < 0) {
    refuse(launch, 3);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execv(launch.program, launch.arguments);
  Launch moved{nullptr, nullptr, 0, report, false, {}, {}};
  refuse(moved, 4);
}

void kill_and_wait(pid_t pid) {
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string map_of(unsigned id) {
  return "0 " + std::to_string(id) + " 1";
}

}  // namespace

SandboxedChild::SandboxedChild(const std::string& program, const std::vector<std::string>& arguments, Fd socket) {
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  int report[2];
  checked(::pipe2(report, O_CLOEXEC), "make a pipe");
  const Fd read_end(report[0]);
  Fd write_end(report[1]);
  Launch launch{program.c_str(), argv.data(),         socket.get(),       write_end.get(),
                false,           map_of(::geteuid()), map_of(::getegid())};

  pid_ = clone_process(kNamespaces);
  if (pid_ < 0 && errno == EPERM) {
    user_namespace_ = launch.user_namespace = true;
    pid_ = clone_process(kNamespaces | CLONE_NEWUSER);
  }
  if (pid_ == 0) become(launch);
  checked(pid_, "make a process in namespaces of its own");
  write_end.reset();

  Refusal refusal;
  if (::read(read_end.get(), &refusal, sizeof refusal) == static_cast<ssize_t>(sizeof refusal)) {
    kill_and_wait(pid_);
    errno = refusal.error;
    throw_errno("start " + program + ": " + kSteps[static_cast<std::size_t>(refusal.step)]);
  }
}

SandboxedChild::~SandboxedChild() {
  kill_and_wait(pid_);
}

int probe_namespaces(int flags) {
  const pid_t pid = clone_process(static_cast<unsigned long>(flags));
  if (pid < 0) return errno;
  if (pid == 0) ::_exit(0);
  kill_and_wait(pid);
  return 0;
}

}  // namespace meshtwin
