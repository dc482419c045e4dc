#include "mesh/resource/units.h"

#include <gtest/gtest.h>

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

template <typename T>
struct Row {
  const char* text;
  std::optional<T> value;
  const char* why = "";
};

template <typename T>
void check(const std::vector<Row<T>>& rows, Parsed<T> (*parse)(std::string_view)) {
  for (const Row<T>& row : rows) {
    const Parsed<T> parsed = parse(row.text);
    EXPECT_EQ(parsed.value, row.value) << row.text;
    EXPECT_EQ(parsed.why, row.why) << row.text;
  }
}

TEST(Units, Times) {
  check<Duration>({{"0s", 0},
                   {"1ns", 1},
                   {"5us", 5'000},
                   {"250ms", 250'000'000},
                   {"1.5s", 1'500'000'000},
                   {"0.000000001s", 1},
                   {"2m", 120 * kSecond},
                   {"1h", 3600 * kSecond},
                   {"9223372036854775807ns", std::nullopt, "it has more than 18 digits"},
                   {"2562047.0h", 2562047 * (3600 * kSecond)},
                   {"2562048h", std::nullopt, "it is too large"},
                   {"0.5ns", std::nullopt, "it is finer than 1ns"},
                   {"40", std::nullopt, "it has no unit (ns, us, ms, s, m or h)"},
                   {"40 s", std::nullopt, "its unit is none of ns, us, ms, s, m or h"},
                   {"40sec", std::nullopt, "its unit is none of ns, us, ms, s, m or h"},
                   {"40S", std::nullopt, "its unit is none of ns, us, ms, s, m or h"},
                   {"-1s", std::nullopt, "it is negative"},
                   {"", std::nullopt, "it does not begin with a number"},
                   {".5s", std::nullopt, "it does not begin with a number"},
                   {"1.s", std::nullopt, "its unit is none of ns, us, ms, s, m or h"},
                   {"1e3s", std::nullopt, "its unit is none of ns, us, ms, s, m or h"}},
                  parse_time);
}

TEST(Units, GoDurations) {
  check<Duration>({{"1h2m3.5s", 3723 * kSecond + 500 * kMillisecond},
                   {"1s1ms", kSecond + kMillisecond},
                   {"30s", 30 * kSecond},
                   {"1m30", std::nullopt, "it has no unit (ns, us, ms, s, m or h)"},
                   {"s", std::nullopt, "it does not begin with a number"},
                   {"2562047h2562047h", std::nullopt, "it is too large"}},
                  parse_go_duration);
}

TEST(Units, Rates) {
  check<double>({{"200/s", 200.0},
                 {"0.1/s", 0.1},
                 {"90/m", 1.5},
                 {"200", std::nullopt, "it has no unit (/s or /m)"},
                 {"200rps", std::nullopt, "its unit is neither /s nor /m"},
                 {"-2/s", std::nullopt, "it is negative"},
                 {"/s", std::nullopt, "it does not begin with a number"}},
                parse_rate);
}

TEST(Units, SizesAndBandwidths) {
  check<std::int64_t>({{"0B", 0},
                       {"1KB", 1000},
                       {"1KiB", 1024},
                       {"1.5KiB", 1536},
                       {"2MB", 2'000'000},
                       {"1GiB", 1 << 30},
                       {"0.5B", std::nullopt, "it is finer than 1B"},
                       {"1kb", std::nullopt, "its unit is none of B, KiB, KB, MiB, MB, GiB or GB"},
                       {"12", std::nullopt, "it has no unit (B, KiB, KB, MiB, MB, GiB or GB)"}},
                      parse_size);
  check<std::int64_t>({{"1bit", 1},
                       {"64kbit", 64'000},
                       {"1.5Mbit", 1'500'000},
                       {"10Gbit", 10'000'000'000},
                       {"1GB", std::nullopt, "its unit is none of bit, kbit, Mbit or Gbit"}},
                      parse_bandwidth);
}

TEST(Units, SharesAndNumbers) {
  check<double>({{"99.5%", 0.995},
                 {"0%", 0.0},
                 {"100%", 1.0},
                 {"0.1%", 0.001},
                 {"33.3%", 0.333},
                 {"50", std::nullopt, "it has no unit (%)"},
                 {"50pc", std::nullopt, "its unit is not %"}},
                parse_share);
  check<double>({{"0.4", 0.4}, {"3", 3.0}, {"3x", std::nullopt, "it is no plain number"}}, parse_number);
  check<std::int64_t>({{"-3", -3},
                       {"9223372036854775807", INT64_MAX},
                       {"9223372036854775808", std::nullopt, "it is too large"},
                       {"1.0", std::nullopt, "it is no whole number"},
                       {"0x10", std::nullopt, "it is no whole number"}},
                      parse_integer);
}

// Whatever is printed reads back as itself; over magnitudes from nanoseconds to years.
TEST(Units, WhatIsPrintedReadsBack) {
  RandomStream random(42, "units");
  for (int i = 0; i < 20'000; ++i) {
    const auto value = static_cast<std::int64_t>(random.bits() >> (5 + random.below(59)));
    EXPECT_EQ(parse_time(format_time(value)).value, value) << format_time(value);
    EXPECT_EQ(parse_size(format_size(value)).value, value) << format_size(value);
    EXPECT_EQ(parse_bandwidth(format_bandwidth(value)).value, value) << format_bandwidth(value);
    const double share = static_cast<double>(random.below(1'000'001)) / 1e6;
    EXPECT_EQ(parse_share(format_share(share)).value, share) << format_share(share);
    const double rate = static_cast<double>(random.below(10'000'000)) / 1000;
    EXPECT_EQ(parse_rate(format_rate(rate)).value, rate) << format_rate(rate);
  }
  EXPECT_EQ(format_time(1'500 * kMillisecond), "1500ms");
  EXPECT_EQ(format_time(120 * kSecond), "2m");
  EXPECT_EQ(format_share(0.995), "99.5%");
  EXPECT_EQ(format_size(1000), "1KB");
}

}  // namespace
}  // namespace meshtwin
