#include "emu/calibrate/process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace meshtwin {
namespace {

std::int64_t read_clock(clockid_t clock, const char* what) {
  timespec time{};
  checked(::clock_gettime(clock, &time), what);
  return time.tv_sec * kSecond + time.tv_nsec;
}

std::int64_t sleeps_of(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string word; status >> word;) {
    std::int64_t count = 0;
    if (word == "voluntary_ctxt_switches:" && status >> count) return count;
  }
  throw std::runtime_error("read how often process " + std::to_string(process) + " has slept: not said");
}

void settle_on(Core place) {
  if (place == Core::anywhere) return;
  cpu_set_t allowed;
  checked(::sched_getaffinity(0, sizeof allowed, &allowed), "ask for the cores of a process");
  int wanted = place == Core::second_core && CPU_COUNT(&allowed) > 1 ? 1 : 0;
  int core = 0;
  while (!CPU_ISSET(core, &allowed) || wanted-- > 0) ++core;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  checked(::sched_setaffinity(0, sizeof one, &one), "keep a process on core " + std::to_string(core));
}

[[noreturn]] void run_body(int netns, const std::function<void(const Fd&)>& body, const Fd& report, pid_t parent,
                           Core place) {
  int code = 0;
  try {
    checked(::prctl(PR_SET_PDEATHSIG, SIGKILL), "have a process killed with its parent");
    if (::getppid() != parent) ::_exit(1);
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    if (netns >= 0) checked(::setns(netns, CLONE_NEWNET), "enter a network namespace");
    settle_on(place);
    body(report);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "calibration: %s\n", error.what());
    code = 1;
  }
  ::_exit(code);
}

}  // namespace

Usage usage_of(pid_t process) {
  if (process == 0) {
    rusage usage{};
    checked(::getrusage(RUSAGE_SELF, &usage), "getrusage");
    return {read_clock(CLOCK_PROCESS_CPUTIME_ID, "read the processor time"), usage.ru_nvcsw};
  }
  clockid_t clock{};
  if (const int error = ::clock_getcpuclockid(process, &clock); error != 0) {
    errno = error;
    throw_errno("find the processor clock of process " + std::to_string(process));
  }
  const std::int64_t sleeps = sleeps_of(process);
  return {read_clock(clock, "read the processor time of another process"), sleeps};
}

Duration thread_cpu_now() {
  return read_clock(CLOCK_THREAD_CPUTIME_ID, "read the thread's processor time");
}

MeasuredProcess::MeasuredProcess(int netns, const std::function<void(const Fd& report)>& body, Core place) {
  int ends[2];
  checked(::pipe2(ends, O_CLOEXEC), "make a pipe");
  report_ = Fd(ends[0]);
  const Fd write_end(ends[1]);
  const pid_t parent = ::getpid();
  std::fflush(nullptr);
  pid_ = checked(::fork(), "fork a process to measure");
  if (pid_ == 0) run_body(netns, body, write_end, parent, place);
}

MeasuredProcess::~MeasuredProcess() {
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void MeasuredProcess::read(void* into, std::size_t size) {
  auto* at = static_cast<char*>(into);
  while (size > 0) {
    const ssize_t n = ::read(report_.get(), at, size);
    if (n < 0 && errno == EINTR) continue;
    checked(n, "read what a process has measured");
    if (n == 0) throw std::runtime_error("a process of the calibration ended early");
    at += n;
    size -= static_cast<std::size_t>(n);
  }
}

void report_bytes(const Fd& report, const void* from, std::size_t size) {
  const auto* at = static_cast<const char*>(from);
  while (size > 0) {
    const ssize_t n = checked(::write(report.get(), at, size), "report what was measured");
    at += n;
    size -= static_cast<std::size_t>(n);
  }
}

void* map_shared(std::size_t size) {
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) throw_errno("map shared memory");
  return at;
}

void unmap_shared(void* at, std::size_t size) {
  ::munmap(at, size);
}

}  // namespace meshtwin
