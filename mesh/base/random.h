#pragma once

// Random draws that are the same on every machine and in both worlds. A stream is a key and a counter: draw n of a
// stream is a hash of (key, n), so a draw added to one stream moves no other. `keyed` derives the stream of one
// request, or of one place in a call path, from its parent. The samplers use only +, -, *, / and sqrt, which IEEE 754
// defines exactly; the functions of the C library (log, exp) differ between processors and are not used.

#include <cstdint>
#include <string_view>

namespace meshtwin {

class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::string_view name);

  // The stream of `key` within this one; independent of how many draws this one has made.
  RandomStream keyed(std::uint64_t key) const;

  std::uint64_t bits();
  double uniform();                      // [0, 1), 53 bits
  std::uint64_t below(std::uint64_t n);  // [0, n), unbiased; n > 0
  bool chance(double probability);
  double exponential(double mean);
  double normal();  // mean 0, deviation 1
  double lognormal(double median, double sigma);

 private:
  explicit RandomStream(std::uint64_t key) : key_(key) {}

  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

// 64-bit hash of a text (FNV-1a, then mixed), the same everywhere.
std::uint64_t hash_text(std::string_view text);
std::uint64_t hash_mix(std::uint64_t a, std::uint64_t b);

// Natural logarithm (x > 0 and finite), exponential, quantile of the normal distribution (0 < p < 1): reproducible to
// the bit.
double portable_log(double x);
double portable_exp(double x);
double normal_quantile(double p);

}  // namespace meshtwin
