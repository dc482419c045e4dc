#include "mesh/base/random.h"

#include <bit>
#include <cmath>

namespace meshtwin {
namespace {

// The finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
constexpr std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kLn2 = 0.693147180559945309417;

double horner(const double* coefficients, int count, double x) {
  double sum = 0;
  for (int i = 0; i < count; ++i) sum = sum * x + coefficients[i];
  return sum;
}

}  // namespace

std::uint64_t hash_mix(std::uint64_t a, std::uint64_t b) {
  return mix(mix(a + kGolden) ^ (b * kGolden + 1));
}

std::uint64_t hash_text(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (unsigned char c : text) h = (h ^ c) * 0x100000001b3ULL;
  return mix(h);
}

RandomStream::RandomStream(std::uint64_t seed, std::string_view name) : key_(hash_mix(seed, hash_text(name))) {}

RandomStream RandomStream::keyed(std::uint64_t key) const {
  return RandomStream(hash_mix(key_, key));
}

std::uint64_t RandomStream::bits() {
  return mix(key_ + ++counter_ * kGolden);
}

double RandomStream::uniform() {
  return static_cast<double>(bits() >> 11) * 0x1.0p-53;
}

std::uint64_t RandomStream::below(std::uint64_t n) {
  const std::uint64_t reject = (0 - n) % n;  // 2^64 mod n: values below it would be drawn once too often
  for (;;) {
    const std::uint64_t value = bits();
    if (value >= reject) return value % n;
  }
}

bool RandomStream::chance(double probability) {
  return uniform() < probability;
}

double RandomStream::exponential(double mean) {
  const double u = (static_cast<double>(bits() >> 11) + 0.5) * 0x1.0p-53;  // (0, 1)
  return -mean * portable_log(u);
}

double RandomStream::normal() {
  const double u = (static_cast<double>(bits() >> 11) + 0.5) * 0x1.0p-53;
  return normal_quantile(u);
}

double RandomStream::lognormal(double median, double sigma) {
  return median * portable_exp(sigma * normal());
}

double portable_log(double x) {
  // x = m * 2^e with m in [sqrt(1/2), sqrt(2)); log m = 2 atanh(s), s = (m-1)/(m+1), |s| < 0.1716: the series to s^21.
  std::uint64_t raw = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(raw >> 52) - 1023;
  if (exponent == -1023) {  // subnormal: scale up first
    raw = std::bit_cast<std::uint64_t>(x * 0x1.0p54);
    exponent = static_cast<int>(raw >> 52) - 1023 - 54;
  }
  double m = std::bit_cast<double>((raw & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL);
  if (m > 1.41421356237309504880) {
    m *= 0.5;
    ++exponent;
  }
  const double s = (m - 1.0) / (m + 1.0);
  const double s2 = s * s;
  double series = 0;
  for (int k = 21; k >= 3; k -= 2) series = (series + 1.0 / k) * s2;
  return exponent * kLn2High + (2.0 * s * (1.0 + series) + exponent * kLn2Low);
}

double portable_exp(double x) {
  if (x > 709.0) x = 709.0;
  if (x < -708.0) return 0.0;
  // x = k ln2 + r, |r| <= ln2/2: Taylor to r^13 is exact to the last bits.
  const double scaled = x / kLn2;
  const int k = static_cast<int>(scaled >= 0 ? scaled + 0.5 : scaled - 0.5);
  const double r = (x - k * kLn2High) - k * kLn2Low;
  double sum = 1.0;
  for (int n = 13; n >= 1; --n) sum = 1.0 + sum * r / n;
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

double normal_quantile(double p) {
  // Acklam's rational approximation (relative error below 1.15e-9), central region and tails.
  static constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                                 1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  static constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,  -1.556989798598866e+02,
                                 6.680131188771972e+01,  -1.328068155288572e+01, 1.0};
  static constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                                 -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  static constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                                 3.754408661907416e+00, 1.0};
  constexpr double kTail = 0.02425;
  if (p < kTail || p > 1.0 - kTail) {
    const double tail = p < kTail ? p : 1.0 - p;
    const double q = std::sqrt(-2.0 * portable_log(tail));
    const double z = horner(c, 6, q) / horner(d, 5, q);
    return p < kTail ? z : -z;
  }
  const double q = p - 0.5;
  const double r = q * q;
  return horner(a, 6, r) * q / horner(b, 6, r);
}

}  // namespace meshtwin
