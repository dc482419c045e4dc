#include "mesh/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

namespace meshtwin {
namespace {

constexpr int kDraws = 200'000;

// Written down once; a change of the generator changes every result ever published with it.
TEST(RandomStream, IsTheSameOnEveryMachine) {
  RandomStream stream(7, "load/0");
  EXPECT_EQ(stream.bits(), 0x3957d036f7ab8347ULL);
  EXPECT_EQ(stream.uniform(), 0x1.ff1d2f78fa9p-3);
  EXPECT_EQ(stream.exponential(3), 0x1.2a4b9503c6eeap+1);
  EXPECT_EQ(stream.normal(), -0x1.b8afc7490525bp+0);
  EXPECT_EQ(stream.lognormal(2, 0.4), 0x1.98794ff271862p+1);
  EXPECT_EQ(stream.below(1000), 197u);
  EXPECT_EQ(stream.keyed(5).bits(), 0x6c42d41c656e5015ULL);
  EXPECT_EQ(hash_text(""), 0xf52a15e9a9b5e89bULL);
  EXPECT_EQ(hash_text("load/0"), 0xad7eab1491d6a613ULL);
  EXPECT_EQ(portable_log(3.7), 0x1.4eeee650ae55p+0);
  EXPECT_EQ(portable_exp(-1.3), 0x1.17129308ce281p-2);
  EXPECT_EQ(normal_quantile(0.01), -0x1.29c5c463cecf1p+1);
}

TEST(RandomStream, DiffersBySeedAndName) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    for (const char* name : {"", "a", "b", "ab", "load/0", "load/1"}) seen.insert(RandomStream(seed, name).bits());
  }
  EXPECT_EQ(seen.size(), 300u);
}

TEST(RandomStream, AKeyedStreamDependsOnItsKeyAndNotOnDrawsMade) {
  RandomStream parent(7, "requests");
  const std::uint64_t before = parent.keyed(3).bits();
  for (int i = 0; i < 10; ++i) parent.bits();
  EXPECT_EQ(parent.keyed(3).bits(), before);
  std::set<std::uint64_t> seen;
  for (std::uint64_t key = 0; key < 10'000; ++key) seen.insert(parent.keyed(key).bits());
  EXPECT_EQ(seen.size(), 10'000u);
}

// Neighbouring keys must not give correlated draws: the sample correlation of n pairs has deviation 1/sqrt(n).
TEST(RandomStream, NeighbouringKeysAreUncorrelated) {
  const RandomStream parent(7, "requests");
  double sum = 0;
  for (int key = 0; key < kDraws; ++key) {
    const double a = parent.keyed(static_cast<std::uint64_t>(key)).uniform() - 0.5;
    const double b = parent.keyed(static_cast<std::uint64_t>(key) + 1).uniform() - 0.5;
    sum += a * b * 12;
  }
  EXPECT_LT(std::abs(sum / kDraws), 5 / std::sqrt(kDraws));
}

struct Distribution {
  const char* name;
  std::function<double(RandomStream&)> draw;
  double mean;
  double deviation;
  std::function<double(double)> quantile;
};

double phi_inverse_by_bisection(double p) {
  double low = -10;
  double high = 10;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
  }
  return low;
}

std::vector<Distribution> distributions() {
  const double sigma = 0.4;
  return {
      {"uniform", [](RandomStream& s) { return s.uniform(); }, 0.5, std::sqrt(1 / 12.0), [](double p) { return p; }},
      {"exponential", [](RandomStream& s) { return s.exponential(3); }, 3, 3,
       [](double p) { return -3 * std::log1p(-p); }},
      {"normal", [](RandomStream& s) { return s.normal(); }, 0, 1, phi_inverse_by_bisection},
      {"lognormal", [sigma](RandomStream& s) { return s.lognormal(2, sigma); }, 2 * std::exp(sigma * sigma / 2),
       2 * std::exp(sigma * sigma / 2) * std::sqrt(std::expm1(sigma * sigma)),
       [sigma](double p) { return 2 * std::exp(sigma * phi_inverse_by_bisection(p)); }},
  };
}

// Moments within five standard errors; quantiles by the share of draws below them, likewise.
TEST(Samplers, HaveTheMomentsAndQuantilesOfTheirDistribution) {
  for (const Distribution& distribution : distributions()) {
    SCOPED_TRACE(distribution.name);
    RandomStream stream(11, distribution.name);
    std::vector<double> draws(kDraws);
    double sum = 0;
    double squares = 0;
    for (double& draw : draws) {
      draw = distribution.draw(stream);
      sum += draw;
      squares += (draw - distribution.mean) * (draw - distribution.mean);
    }
    EXPECT_NEAR(sum / kDraws, distribution.mean, 5 * distribution.deviation / std::sqrt(kDraws));
    EXPECT_NEAR(std::sqrt(squares / kDraws), distribution.deviation, 0.03 * distribution.deviation);
    for (const double p : {0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999}) {
      const double bound = distribution.quantile(p);
      const auto below = std::count_if(draws.begin(), draws.end(), [bound](double draw) { return draw < bound; });
      EXPECT_NEAR(static_cast<double>(below) / kDraws, p, 5 * std::sqrt(p * (1 - p) / kDraws)) << "quantile " << p;
    }
  }
}

TEST(RandomStream, BelowIsUnbiasedAndInRange) {
  RandomStream stream(3, "below");
  for (const std::uint64_t n : {1ULL, 2ULL, 3ULL, 7ULL, 100ULL}) {
    std::vector<int> counts(n, 0);
    for (int i = 0; i < kDraws; ++i) ++counts.at(stream.below(n));
    const double expected = static_cast<double>(kDraws) / static_cast<double>(n);
    for (const int count : counts) EXPECT_NEAR(count, expected, 5 * std::sqrt(expected) + 1) << "of " << n;
  }
  // Where 2^64 mod n is large, plain remainders would favour the low half by a third.
  const std::uint64_t huge = 3ULL << 62;
  int low = 0;
  for (int i = 0; i < kDraws; ++i) low += stream.below(huge) < huge / 2 ? 1 : 0;
  EXPECT_NEAR(low, kDraws / 2, 5 * std::sqrt(kDraws) / 2);
}

TEST(RandomStream, ChanceHasItsProbability) {
  RandomStream stream(3, "chance");
  for (const double p : {0.0, 0.01, 0.5, 1.0}) {
    int hits = 0;
    for (int i = 0; i < kDraws; ++i) hits += stream.chance(p) ? 1 : 0;
    EXPECT_NEAR(static_cast<double>(hits) / kDraws, p, 5 * std::sqrt(p * (1 - p) / kDraws)) << p;
  }
}

double relative(double got, double expected) {
  return expected == 0 ? std::abs(got) : std::abs((got - expected) / expected);
}

TEST(PortableMath, LogAgreesWithTheLibrary) {
  RandomStream stream(5, "log");
  double worst = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = std::ldexp(1 + stream.uniform(), static_cast<int>(stream.below(2040)) - 1020);
    worst = std::max(worst, relative(portable_log(x), std::log(x)));
  }
  for (int i = 0; i < kDraws; ++i) {  // around 1, where the logarithm vanishes
    const double x = 0.5 + stream.uniform();
    worst = std::max(worst, relative(portable_log(x), std::log(x)));
  }
  EXPECT_LT(worst, 1e-14);
  for (const double x : {1.0, 2.0, 0.5, 1.41421356237309504880, 5e-324, 2.2e-308, 1.7e308, 0x1.0p-53}) {
    EXPECT_LT(relative(portable_log(x), std::log(x)), 1e-14) << x;
  }
}

TEST(PortableMath, ExpAgreesWithTheLibrary) {
  RandomStream stream(5, "exp");
  double worst = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = (stream.uniform() * 2 - 1) * 700;
    worst = std::max(worst, relative(portable_exp(x), std::exp(x)));
  }
  EXPECT_LT(worst, 1e-14);
  EXPECT_EQ(portable_exp(0), 1.0);
  EXPECT_EQ(portable_exp(-1e9), 0.0);
  EXPECT_GT(portable_exp(1e9), 8e307);
  for (const double x : {-708.0, -0.5, 0.34657359, 0.34657360, 1.0, 709.0}) {
    EXPECT_LT(relative(portable_exp(x), std::exp(x)), 1e-14) << x;
  }
}

TEST(PortableMath, NormalQuantileInvertsTheNormalDistribution) {
  for (const double p : {1e-12, 1e-6, 0.001, 0.02424, 0.02426, 0.1, 0.3, 0.5, 0.7, 0.97574, 0.97576, 0.999, 1 - 1e-9}) {
    const double z = normal_quantile(p);
    EXPECT_NEAR(z, phi_inverse_by_bisection(p), 2e-8 * std::max(1.0, std::abs(z))) << p;
  }
  EXPECT_EQ(normal_quantile(0.5), 0.0);
}

TEST(Hash, MixSpreadsEachBit) {
  // Flipping one input bit flips each output bit about half of the time.
  RandomStream stream(9, "hash");
  int flipped = 0;
  constexpr int kTrials = 4000;
  for (int i = 0; i < kTrials; ++i) {
    const std::uint64_t a = stream.bits();
    const std::uint64_t b = stream.bits();
    flipped += __builtin_popcountll(hash_mix(a, b) ^ hash_mix(a, b ^ (1ULL << stream.below(64))));
  }
  EXPECT_NEAR(static_cast<double>(flipped) / kTrials, 32, 0.5);
  EXPECT_NE(hash_mix(1, 2), hash_mix(2, 1));
}

}  // namespace
}  // namespace meshtwin
