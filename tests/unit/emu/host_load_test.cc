#include "emu/host_load.h"

#include <gtest/gtest.h>

namespace meshtwin {
namespace {

TEST(HostLoad, ReadsTheCoresTimes) {
  const HostTimes times = parse_host_times("cpu  100 5 50 800 20 3 2 20 7 0\ncpu0 1 2 3\n");
  EXPECT_EQ(times.total, 1000u);  // guest time is in user time already
  EXPECT_EQ(times.idle, 820u);
  EXPECT_EQ(times.steal, 20u);
  EXPECT_GT(read_host_times().total, 0u);
}

TEST(HostLoad, RefusesWhatIsNotProcStat) {
  for (const char* text : {"", "cpu", "cpu 1 2 3", "intr 1 2 3 4 5 6 7 8", "cpu a b c d e f g h"}) {
    EXPECT_THROW(parse_host_times(text), std::runtime_error) << text;
  }
}

struct Row {
  std::uint64_t idle, steal;  // of 1000
  std::size_t reasons;
};

TEST(HostLoad, NamesWhatMakesARunInvalid) {
  for (const Row& row : {Row{300, 0, 0}, Row{299, 0, 1}, Row{500, 20, 0}, Row{500, 21, 1}, Row{100, 100, 2}}) {
    const HostLoad load = load_between({5000, 4000, 10}, {6000, 4000 + row.idle, 10 + row.steal});
    EXPECT_EQ(invalid_reasons(load).size(), row.reasons) << row.idle << " idle, " << row.steal << " stolen of 1000";
  }
  EXPECT_EQ(load_between({5, 3, 0}, {5, 3, 0}).utilisation, 0) << "no time has passed";
}

TEST(HostLoad, IsNotBelowWhatTheRunItselfHasUsed) {
  const HostLoad quiet{0.01, 0};
  EXPECT_DOUBLE_EQ(at_least(quiet, 3 * kSecond, 2 * kSecond, 2).utilisation, 0.75);
  EXPECT_EQ(invalid_reasons(at_least(quiet, 3 * kSecond, 2 * kSecond, 2)).size(), 1u);
  EXPECT_DOUBLE_EQ(at_least({0.5, 0}, kSecond, 10 * kSecond, 2).utilisation, 0.5);
  EXPECT_DOUBLE_EQ(at_least(quiet, kSecond, 0, 2).utilisation, 0.01);
}

}  // namespace
}  // namespace meshtwin
