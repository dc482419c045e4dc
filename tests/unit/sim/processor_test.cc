#include "sim/processor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

namespace meshtwin {
namespace {

// Tasks that write down when each piece of their work began and ended.
class ProcessorTest : public ::testing::Test {
 protected:
  void make(std::uint32_t cores, int tasks) {
    processor_ = std::make_unique<Processor>(queue_, profile_, cores, RandomStream(1, "processor"));
    for (int i = 0; i < tasks; ++i) workers_.emplace_back(*this, i);
  }
  // At `at`, work of `cpu` comes to the task.
  void bring(Time at, int task, Duration cpu) {
    queue_.schedule(at, [this, task, cpu] {
      workers_[task].task.post({[](void* worker, std::uint64_t work) { static_cast<Worker*>(worker)->run(work); },
                                &workers_[task], static_cast<std::uint64_t>(cpu)});
    });
  }
  void burn(Time at, int task, Duration work) {
    queue_.schedule(at, [this, task, work] {
      burn_ = processor_->burn(
          workers_[task].task, work,
          {[](void* worker, std::uint64_t) { static_cast<Worker*>(worker)->note("burnt"); }, &workers_[task], 0});
    });
  }
  std::string run() {
    queue_.run();
    return log_;
  }

  struct Worker {
    Worker(ProcessorTest& test, int index)
        : test(test), index(index), task(*test.processor_, RandomStream(1, "worker")) {}
    void run(std::uint64_t cpu) {
      const Time begin = task.now();
      task.spend(static_cast<Duration>(cpu));
      test.log_ += std::string(1, static_cast<char>('A' + index)) + std::to_string(begin) + "-" +
                   std::to_string(task.now()) + " ";
    }
    void note(const char* what) {
      test.log_ += std::string(1, static_cast<char>('A' + index)) + what + std::to_string(task.now()) + " ";
    }
    ProcessorTest& test;
    int index;
    Task task;
  };

  EventQueue queue_;
  CostProfile profile_ = null_cost_profile();
  std::unique_ptr<Processor> processor_;
  std::deque<Worker> workers_;
  std::string log_;
  std::uint64_t burn_ = 0;
};

TEST_F(ProcessorTest, OneCoreTakesTasksInOrder) {
  make(1, 3);
  bring(0, 0, 100);
  bring(10, 1, 50);
  bring(20, 2, 5);
  bring(30, 0, 7);  // goes on before the others: it has its core
  EXPECT_EQ(run(), "A0-100 A100-107 B107-157 C157-162 ");
  EXPECT_EQ(processor_->busy(), 162);
  EXPECT_EQ(workers_[0].task.cpu(), 107);
}

TEST_F(ProcessorTest, TwoCoresRunTwoTasksButNeverOneTwice) {
  make(2, 3);
  bring(0, 0, 100);
  bring(10, 0, 5);
  bring(10, 1, 50);
  bring(20, 2, 5);
  EXPECT_EQ(run(), "A0-100 B10-60 C60-65 A100-105 ");
}

TEST_F(ProcessorTest, WakingUpCostsOnceForABatch) {
  profile_.wake_up_latency = 1000;
  profile_[Operation::wake_up].fixed_ns = 10;
  make(1, 1);
  bring(0, 0, 100);
  bring(50, 0, 100);
  bring(5000, 0, 1);
  EXPECT_EQ(run(), "A1010-1110 A1110-1210 A6010-6011 ");
  EXPECT_EQ(processor_->busy(), 221);
}

TEST_F(ProcessorTest, WhatIsDoneRarelyCostsMore) {
  profile_.cold = {{1 << 20, 1}, {1 << 24, 5}};
  profile_[Operation::timer].fixed_ns = 1000;
  make(1, 2);
  const struct {
    Time at;
    int task;
    Duration least, most;
  } rows[] = {
      {0, 0, 5000, 5000},                                             // never done before
      {10'000, 0, 1000, 1000},                                        // done just now
      {20'000, 1, 5000, 5000},                                        // by another task
      {30'000, 0, 1000, 1000},  {30'000 + (1 << 22), 0, 2900, 3100},  // half way between the points
      {1 << 30, 0, 5000, 5000},                                       // as cold as can be
  };
  for (const auto& row : rows) {
    queue_.schedule(row.at, [this, &row] {
      workers_[row.task].task.post(
          {[](void* worker, std::uint64_t) { static_cast<Worker*>(worker)->task.charge(Operation::timer, 1); },
           &workers_[row.task], 0});
    });
  }
  for (const auto& row : rows) {
    queue_.schedule(row.at + 9000, [this, &row] {
      EXPECT_GE(processor_->busy(), row.least) << row.at;
      EXPECT_LE(processor_->busy(), row.most) << row.at;
      processor_->reset_busy();
    });
  }
  queue_.run();
}

TEST_F(ProcessorTest, ALongIdleCoreIsSlowToWakeUpAndOneThatIdledLessIsTaken) {
  profile_.wake_up_latency = 1000;
  profile_.idle_exit = {{10'000, 0}, {100'000, 500}};
  make(2, 2);
  bring(0, 0, 100);  // both cores have just begun to idle
  bring(1'000'000, 0, 100);
  bring(1'002'000, 0, 100);  // the core that is awake
  bring(1'002'000, 1, 100);  // it is taken: the other
  bring(1'004'000, 0, 100);  // both are awake
  EXPECT_EQ(run(), "A1000-1100 A1001500-1001600 A1003000-1003100 B1003500-1003600 A1005000-1005100 ");
}

TEST_F(ProcessorTest, WhatOthersUseMeanwhileMakesATurnDearer) {
  profile_.displaced = {{1000, 1}, {2000, 2}};
  profile_[Operation::timer].fixed_ns = 1000;
  make(1, 2);
  const struct {
    Time at;
    int task;
    Duration others;  // work of the other task before
    Duration took;
  } rows[] = {{100'000, 0, 0, 1000}, {200'000, 0, 500, 1000}, {300'000, 0, 5000, 2000}, {400'000, 0, 0, 1000}};
  for (const auto& row : rows) {
    if (row.others > 0) bring(row.at - 50'000, 1, row.others);
    queue_.schedule(row.at, [this, &row] {
      workers_[0].task.post({[](void* worker, std::uint64_t) {
                               Worker& self = *static_cast<Worker*>(worker);
                               self.note("woken");
                               self.task.charge(Operation::timer, 1);
                               self.note("done");
                             },
                             &workers_[0], 0});
    });
  }
  const std::string log = run();
  for (const auto& row : rows) {
    const std::string expected = "Awoken" + std::to_string(row.at) + " Adone" + std::to_string(row.at + row.took) + " ";
    EXPECT_NE(log.find(expected), std::string::npos) << expected << " in " << log;
  }
}

// A turn's factor is drawn for each turn; a burst's for all turns until every core has idled.
TEST_F(ProcessorTest, TurnsAndBurstsSpreadAsTheProfileSays) {
  const struct {
    const char* name;
    std::vector<QuantilePoint> turn, burst;
    bool same_within_a_burst;
  } rows[] = {{"turns", {{0, 0.5}, {1, 1.5}}, {}, false}, {"bursts", {}, {{0, 0.5}, {1, 1.5}}, true}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    workers_.clear();
    profile_.turn_spread = row.turn;
    profile_.burst_spread = row.burst;
    profile_[Operation::timer].fixed_ns = 10'000;
    make(1, 1);
    std::vector<Duration> took;
    constexpr int kBursts = 400;
    for (int i = 0; i < 2 * kBursts; ++i) {
      const Time at = (i / 2 + 1) * 10 * kMillisecond + (i % 2) * 30 * kMicrosecond;
      queue_.schedule(queue_.now() + at, [this, &took] {
        workers_[0].task.post({[](void* worker, std::uint64_t list) {
                                 Task& task = static_cast<Worker*>(worker)->task;
                                 const Time before = task.now();
                                 task.charge(Operation::timer, 1);
                                 reinterpret_cast<std::vector<Duration>*>(list)->push_back(task.now() - before);
                               },
                               &workers_[0], reinterpret_cast<std::uint64_t>(&took)});
      });
    }
    queue_.run();
    ASSERT_EQ(took.size(), 2U * kBursts);
    double mean = 0;
    int same = 0;
    for (std::size_t i = 0; i < took.size(); ++i) {
      mean += static_cast<double>(took[i]) / static_cast<double>(took.size());
      same += i % 2 == 1 && took[i] == took[i - 1] ? 1 : 0;
    }
    EXPECT_NEAR(mean, 10'000, 300);
    EXPECT_GT(*std::max_element(took.begin(), took.end()), 14'500);
    EXPECT_LT(*std::min_element(took.begin(), took.end()), 5'500);
    EXPECT_EQ(same == kBursts, row.same_within_a_burst) << same;
  }
}

TEST_F(ProcessorTest, WakingUpSpreadsByHowLongTheCoreIdled) {
  profile_.wake_up_latency = 1000;
  profile_.wake_spread = {{100'000, {{0, -5000}, {1, -5000}}}, {10'000'000, {{0, 300}, {1, 300}}}};
  make(1, 1);
  bring(50'000, 0, 10);     // never below 0
  bring(5'000'000, 0, 10);  // by the next level
  EXPECT_EQ(run(), "A50000-50010 A5001300-5001310 ");
}

TEST_F(ProcessorTest, ASliceEndsForTheBenefitOfOthers) {
  make(1, 2);
  const Duration most = Processor::kSlice * 6 / 10;
  bring(0, 0, most);
  bring(1, 0, most);
  bring(2, 0, most);
  bring(3, 1, 5);
  // Two pieces fill A's slice; B comes before the third.
  EXPECT_EQ(run(), "A0-600000 A600000-1200000 B1200000-1200005 A1200005-1800005 ");
}

TEST_F(ProcessorTest, ATaskTakesTheCoreFromABurn) {
  make(1, 2);
  burn(0, 0, 1'000'000);
  bring(250'000, 1, 40'000);
  // At the next multiple of 100 us; the burn goes on behind it.
  EXPECT_EQ(run(), "B300000-340000 Aburnt1040000 ");
  EXPECT_EQ(workers_[0].task.cpu(), 1'000'000);
  EXPECT_EQ(processor_->busy(), 1'040'000);
}

TEST_F(ProcessorTest, BurnsShareACoreByQuanta) {
  make(1, 2);
  burn(0, 0, 5'000'000);
  burn(1'000'000, 1, 4'000'000);
  // A 0-3, B 3-6, A 6-8 (done), B 8-9 (done).
  EXPECT_EQ(run(), "Aburnt8000000 Bburnt9000000 ");
}

TEST_F(ProcessorTest, AnAbandonedBurnFreesItsCore) {
  make(1, 2);
  burn(0, 0, 1'000'000);
  queue_.schedule(150'000, [this] { processor_->abandon(burn_); });
  bring(160'000, 1, 5);
  EXPECT_EQ(run(), "B160000-160005 ");
  EXPECT_EQ(processor_->busy(), 150'005);
}

TEST_F(ProcessorTest, AnUrgentTaskGoesFirst) {
  make(1, 2);
  Task urgent(*processor_, RandomStream(1, "urgent"), true);
  bring(0, 0, 100);
  bring(10, 1, 50);
  queue_.schedule(20, [&] {
    urgent.post({[](void* log, std::uint64_t) { *static_cast<std::string*>(log) += "urgent "; }, &log_, 0});
  });
  EXPECT_EQ(run(), "A0-100 urgent B100-150 ");
}

}  // namespace
}  // namespace meshtwin
