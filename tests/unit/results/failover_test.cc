#include "results/failover.h"

#include <gtest/gtest.h>

#include "mesh/base/random.h"
#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

constexpr Time ms(std::int64_t n) {
  return n * kMillisecond;
}

struct Case {
  const char* what;
  std::vector<AttemptStart> attempts;
  Time failed;
  Time until;
  std::optional<Duration> expected;
};

const Case kCases[] = {
    {"no attempt at all is no evidence", {}, 0, ms(5000), std::nullopt},
    {"only the other zone: at once", {{ms(100), false}}, 0, ms(5000), 0},
    {"just after the last attempt on the failed zone",
     {{ms(100), true}, {ms(200), false}, {ms(700), true}, {ms(900), false}},
     0,
     ms(5000),
     ms(700) + 1},
    {"waits until the window reaches an attempt elsewhere",
     {{ms(100), true}, {ms(2500), false}},
     0,
     ms(5000),
     ms(1500) + 1},
    {"an attempt at the window's end is outside it", {{ms(0), false}, {ms(1000), true}}, 0, ms(5000), 0},
    {"counts from the failure", {{ms(1500), true}, {ms(2000), false}}, ms(1000), ms(5000), ms(500) + 1},
    {"the window must end before the restore",
     {{ms(100), true}, {ms(200), false}, {ms(900), false}},
     0,
     ms(1100),
     std::nullopt},
    {"and may end with it", {{ms(100), true}, {ms(200), false}, {ms(900), false}}, 0, ms(1100) + 1, ms(100) + 1},
    {"shorter than a second cannot show it", {{ms(100), false}}, 0, ms(999), std::nullopt},
    {"never leaves", {{ms(0), true}, {ms(900), true}, {ms(1800), true}, {ms(2700), true}}, 0, ms(3000), std::nullopt},
};

TEST(Failover, FollowsItsDefinition) {
  for (const Case& c : kCases) {
    std::vector<AttemptStart> attempts = c.attempts;
    EXPECT_EQ(failover_after(attempts, c.failed, c.until), c.expected) << c.what;
  }
}

TEST(Failover, AllowsOneInAHundred) {
  for (const int elsewhere : {98, 99}) {
    std::vector<AttemptStart> attempts = {{ms(500), true}};
    for (int i = 0; i < elsewhere; ++i) attempts.push_back({ms(i), false});
    const std::optional<Duration> after = failover_after(attempts, 0, ms(1000));
    EXPECT_EQ(after.has_value(), elsewhere == 99) << elsewhere << " attempts elsewhere";
  }
}

// The definition taken literally, instant by instant.
std::optional<Duration> by_definition(const std::vector<AttemptStart>& attempts, Time failed, Time until) {
  for (Time t = failed; t + kSecond <= until; ++t) {
    std::size_t all = 0;
    std::size_t on_failed = 0;
    for (const AttemptStart& a : attempts) {
      if (a.at < t || a.at >= t + kSecond) continue;
      ++all;
      on_failed += a.to_failed_zone ? 1 : 0;
    }
    if (all > 0 && on_failed * 100 <= all) return t - failed;
  }
  return std::nullopt;
}

TEST(Failover, AgreesWithATrialOfEveryInstant) {
  RandomStream random(5, "failover");
  int found = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<AttemptStart> attempts;
    const std::uint64_t count = random.below(12);
    // Within 60 ns of both ends of the first window, so that every instant can be tried.
    for (std::uint64_t i = 0; i < count; ++i) {
      const Time base = random.chance(0.5) ? 0 : kSecond;
      attempts.push_back({base + static_cast<Time>(random.below(120)) - 60, random.chance(0.4)});
    }
    const Time until = kSecond + static_cast<Time>(random.below(80));
    const std::optional<Duration> expected = by_definition(attempts, 0, until);
    std::vector<AttemptStart> given = attempts;
    ASSERT_EQ(failover_after(given, 0, until), expected) << "round " << round;
    found += expected.has_value() ? 1 : 0;
  }
  EXPECT_GT(found, 50);
  EXPECT_LT(found, 295);
}

TEST(Failover, IsMeasuredForEachFailureUntilItsOwnRestore) {
  RunSubject subject = two_zone_subject();
  using Kind = RunSubject::Mark::Kind;
  subject.marks = {{1 * kSecond, Kind::fail, "backend", "az-a", "crash backend in az-a"},
                   {2 * kSecond, Kind::restore, "frontend", "az-a", "restore frontend in az-a"},
                   {3 * kSecond, Kind::fail, "backend", "", "crash backend"},
                   {4 * kSecond, Kind::restore, "backend", "", "restore backend"},
                   {5 * kSecond, Kind::fail, "backend", "az-b", "crash backend in az-b"}};
  RunStore store;
  store.attempt(attempt(2, 1 * kSecond + ms(300)));
  store.attempt(attempt(1, 1 * kSecond + ms(350)));  // another service
  store.attempt(attempt(3, 1 * kSecond + ms(400)));
  for (int i = 0; i < 10; ++i) store.attempt(attempt(3, 5 * kSecond + ms(500 * i)));
  const std::vector<Failover> expected = {{"backend", "az-a", 1 * kSecond, 4 * kSecond, ms(300) + 1},
                                          {"backend", "az-b", 5 * kSecond, 10 * kSecond, std::nullopt}};
  EXPECT_EQ(failovers_of(store, subject), expected);
}

}  // namespace
}  // namespace meshtwin
