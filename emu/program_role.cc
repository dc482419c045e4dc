#include "emu/program_role.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "mesh/base/socket_address.h"

namespace meshtwin {

namespace {

constexpr Duration kProbeEvery = 20 * kMillisecond;
constexpr int kExecFailed = 127;

[[noreturn]] void become(const std::vector<std::string>& words) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setsid();
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  ::unshare(CLONE_NEWNS);
  ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);  // of its own PID namespace, if we may
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  ::dprintf(STDERR_FILENO, "start %s: %m\n", argv[0]);
  ::_exit(kExecFailed);
}

// The first process of a PID namespace of its own.
pid_t start_apart(const std::vector<std::string>& words) {
  const pid_t pid =
      static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (pid == 0) become(words);
  return checked(pid, "make a process in a PID namespace of its own");
}

std::string pid_namespace_of(const std::string& process) {
  std::string name(64, '\0');
  const ssize_t length = ::readlink(("/proc/" + process + "/ns/pid").c_str(), name.data(), name.size());
  return length < 0 ? std::string() : name.substr(0, static_cast<std::size_t>(length));
}

// Fields 14, 15 (ticks of user and system time) and 24 (pages resident) of /proc/PID/stat.
void add_process(const std::string& process, ProgramRole::Spent& spent) {
  std::ifstream file("/proc/" + process + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return;
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  std::int64_t ticks = 0;
  for (int number = 3; fields >> field; ++number) {
    if (number == 14 || number == 15) ticks += std::stoll(field);
    if (number == 24) spent.memory += std::stoll(field) * ::sysconf(_SC_PAGESIZE);
  }
  spent.cpu += ticks * (kSecond / ::sysconf(_SC_CLK_TCK));
}

}  // namespace

ProgramRole::ProgramRole(EventLoop& loop, Clock& clock, Network& network, ProgramConfig config)
    : loop_(loop), clock_(clock), network_(network), config_(std::move(config)) {}

ProgramRole::~ProgramRole() {
  ended_.close();
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void ProgramRole::start(Callback on_ready) {
  on_ready_ = std::move(on_ready);
  pid_ = start_apart(config_.argv);
  ended_ = FdWatch(loop_, Fd(checked(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)), "watch a program")));
  watch_end();
  probe();
}

void ProgramRole::watch_end() {
  ended_.when_readable([this] {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    const std::string how = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                                : "exit code " + std::to_string(WEXITSTATUS(status));
    throw std::runtime_error(config_.argv[0] + " has ended by itself: " + how);
  });
}

void ProgramRole::probe() {
  dial_ = network_.dial({kLoopback, config_.model.port}, {.bypass_capture = true},
                        [this](std::unique_ptr<ByteStream> stream, DialError) {
                          if (stream != nullptr) {
                            Callback ready = std::move(on_ready_);
                            return ready();
                          }
                          again_ = clock_.after(kProbeEvery, [this] { probe(); });
                        });
}

ProgramRole::Spent ProgramRole::spent() const {
  Spent spent;
  if (pid_ <= 0) return spent;
  const std::string own = pid_namespace_of(std::to_string(pid_));
  const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir("/proc"), ::closedir);
  while (const dirent* entry = processes == nullptr ? nullptr : ::readdir(processes.get())) {
    const std::string name = entry->d_name;
    if (name.find_first_not_of("0123456789") == std::string::npos && pid_namespace_of(name) == own) {
      add_process(name, spent);
    }
  }
  return spent;
}

}  // namespace meshtwin
