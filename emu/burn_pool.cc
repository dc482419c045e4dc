#include "emu/burn_pool.h"

#include <time.h>

#include <atomic>

namespace meshtwin {

namespace {

constexpr std::size_t kThreads = 64;

Duration thread_cpu_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

}  // namespace

struct BurnPool::Job {
  Duration work;
  std::atomic<bool> abandoned{false};
  Callback done;  // touched by the loop's thread only
};

class BurnPool::JobHandle : public Activity {
 public:
  explicit JobHandle(std::shared_ptr<Job> job) : job_(std::move(job)) {}
  ~JobHandle() override {
    job_->abandoned = true;
    const Callback done = std::exchange(job_->done, nullptr);
  }

 private:
  std::shared_ptr<Job> job_;
};

BurnPool::~BurnPool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (const auto& job : jobs_) job->abandoned = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Handle BurnPool::burn(Duration work, Callback done) {
  auto job = std::make_shared<Job>();
  job->work = work;
  job->done = std::move(done);
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(job);
    if (idle_ < jobs_.size() && threads_.size() < kThreads) threads_.emplace_back([this] { this->work(); });
  }
  wake_.notify_one();
  return std::make_unique<JobHandle>(std::move(job));
}

void BurnPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    wake_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    --idle_;
    if (ending_) return;
    const std::shared_ptr<Job> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    const Duration end = thread_cpu_time() + job->work;
    while (!job->abandoned && thread_cpu_time() < end) {
    }
    loop_.post([job] {
      const auto done = std::make_unique<Callback>(std::exchange(job->done, nullptr));
      if (*done) (*done)();
    });
    lock.lock();
  }
}

}  // namespace meshtwin
