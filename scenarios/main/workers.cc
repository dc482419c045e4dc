#include "scenarios/main/workers.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <system_error>

namespace meshtwin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kSaidMost = 4000;  // of a worker's last words

// Holds the signals that end a sweep, and the workers' ends, until they are waited for.
class HeldSignals {
 public:
  HeldSignals() {
    sigemptyset(&held_);
    sigaddset(&held_, SIGCHLD);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      struct sigaction now {};
      ::sigaction(signal, nullptr, &now);
      if (now.sa_handler != SIG_IGN) sigaddset(&held_, signal);  // under nohup it shall not end us
    }
    ::sigprocmask(SIG_BLOCK, &held_, &before_);
  }
  ~HeldSignals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  // The signal that came within 200 ms; 0: none.
  int wait() const {
    const timespec limit{0, 200'000'000};
    const int signal = ::sigtimedwait(&held_, nullptr, &limit);
    return signal < 0 ? 0 : signal;
  }
  void release() const { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t held_{};
  sigset_t before_{};
};

struct Worker {
  pid_t pid = 0;
  int said = -1;  // its standard error, in memory
  std::size_t job = 0;
  Clock::time_point began;
};

// In the new process; never returns.
[[noreturn]] void work(const Job& job, int said, pid_t parent, const HeldSignals& signals) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it was gone before
  signals.release();
  ::dup2(said, STDERR_FILENO);
  ::dup2(said, STDOUT_FILENO);
  int code = 0;
  try {
    job.work();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    code = 1;
  }
  std::fflush(nullptr);
  ::_exit(code);
}

Worker start(const Job& job, std::size_t number, const HeldSignals& signals) {
  Worker worker{0, ::memfd_create("worker", MFD_CLOEXEC), number, Clock::now()};
  std::fflush(nullptr);
  const pid_t self = ::getpid();
  worker.pid = worker.said < 0 ? -1 : ::fork();
  if (worker.pid < 0) throw std::system_error(errno, std::generic_category(), "cannot start a worker process");
  if (worker.pid == 0) work(job, worker.said, self, signals);
  return worker;
}

std::string last_words(int said) {
  const off_t size = ::lseek(said, 0, SEEK_END);
  const auto from = std::max<off_t>(0, size - static_cast<off_t>(kSaidMost));
  std::string text(static_cast<std::size_t>(std::max<off_t>(0, size - from)), '\0');
  const ssize_t got = ::pread(said, text.data(), text.size(), from);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string failure_of(int status, int said) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const std::string words = last_words(said);
  if (WIFSIGNALED(status)) {
    return "its process was ended by " + std::string(::strsignal(WTERMSIG(status))) +
           (words.empty() ? "" : ", having said: " + words);
  }
  return words.empty() ? "its process failed without a word" : words;
}

class Workers {
 public:
  Workers(const std::vector<Job>& jobs, std::size_t at_once)
      : jobs_(jobs), at_once_(std::max<std::size_t>(at_once, 1)) {
    for (std::size_t i = 0; i < jobs.size(); ++i) order_.push_back(i);
    std::stable_partition(order_.begin(), order_.end(), [&jobs](std::size_t i) { return !jobs[i].alone; });
  }
  ~Workers() { end_all(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  bool all_done() const { return running_.empty() && next_ == order_.size(); }
  std::size_t running() const { return running_.size(); }
  int wait() const { return signals_.wait(); }

  void start_what_may() {
    while (next_ < order_.size() && running_.size() < at_once_) {
      const bool alone = jobs_[order_[next_]].alone;
      if (!running_.empty() && (alone || jobs_[running_.front().job].alone)) return;
      running_.push_back(start(jobs_[order_[next_]], order_[next_], signals_));
      ++next_;
    }
  }

  void collect(const std::function<void(const JobEnd&)>& ended) {
    for (std::size_t i = 0; i < running_.size();) {
      int status = 0;
      if (::waitpid(running_[i].pid, &status, WNOHANG) != running_[i].pid) {
        ++i;
        continue;
      }
      const Worker worker = running_[i];
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
      JobEnd end{worker.job, failure_of(status, worker.said),
                 std::chrono::duration<double>(Clock::now() - worker.began).count()};
      ::close(worker.said);
      ended(end);
    }
  }

  // With time for an emulated run to take itself down; then without.
  void end_all() {
    for (const Worker& worker : running_) ::kill(worker.pid, SIGTERM);
    const auto limit = Clock::now() + std::chrono::seconds(5);
    while (!running_.empty() && Clock::now() < limit) {
      collect([](const JobEnd&) {});
      if (!running_.empty()) signals_.wait();
    }
    for (const Worker& worker : running_) {
      ::kill(worker.pid, SIGKILL);
      ::waitpid(worker.pid, nullptr, 0);
      ::close(worker.said);
    }
    running_.clear();
  }

 private:
  const std::vector<Job>& jobs_;
  std::size_t at_once_;
  std::vector<std::size_t> order_;
  std::size_t next_ = 0;
  std::vector<Worker> running_;
  HeldSignals signals_;
};

}  // namespace

WorkersEnd run_jobs(const std::vector<Job>& jobs, std::size_t at_once, const std::function<void(const JobEnd&)>& ended,
                    const std::function<void(std::size_t)>& idle) {
  Workers workers(jobs, at_once);
  while (!workers.all_done()) {
    workers.start_what_may();
    const int signal = workers.wait();
    if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) {
      workers.end_all();
      return WorkersEnd::interrupted;
    }
    workers.collect(ended);
    idle(workers.running());
  }
  return WorkersEnd::all_done;
}

}  // namespace meshtwin
