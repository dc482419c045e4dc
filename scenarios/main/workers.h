#pragma once

// Jobs in processes of their own, so many at once. A simulated world has state that is one to a process, an emulated
// one has the whole host to itself: a process each keeps them apart, and what one does wrong harms no other. A worker
// dies with this process, whatever ends it.

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace meshtwin {

struct Job {
  std::function<void()> work;  // in the worker; what it throws is a failure
  bool alone = false;          // nothing else runs meanwhile
};

struct JobEnd {
  std::size_t job = 0;
  std::string failure;  // what the worker said, or how it ended; empty: done
  double seconds = 0;
};

enum class WorkersEnd { all_done, interrupted };

// Those that are not `alone` first. `ended` is called as each ends, `idle` a few times a second. At SIGINT, SIGTERM or
// SIGHUP the workers are ended and nothing further begins.
WorkersEnd run_jobs(const std::vector<Job>& jobs, std::size_t at_once, const std::function<void(const JobEnd&)>& ended,
                    const std::function<void(std::size_t running)>& idle);

}  // namespace meshtwin
