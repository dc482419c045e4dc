// Trace headers: both formats read and written, what is malformed left alone, the path beside the span.

#include "mesh/wire/trace_context.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr const char* kParent = "00-0123456789abcdeffedcba9876543210-00000000deadbeef-01";

Headers headers_of(const Fields& fields) {
  Headers headers;
  for (const auto& [name, value] : fields) headers.add(name, value);
  return headers;
}

TEST(TraceContext, TraceparentAndBack) {
  const TraceContext context{0x0123456789abcdefULL, 0xfedcba9876543210ULL, 0xdeadbeefULL, 0xdeadbeefULL, true};
  EXPECT_EQ(to_traceparent(context), kParent);
  const auto parsed = parse_traceparent(kParent);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_TRUE(parsed->sampled);
  EXPECT_EQ(parsed->path, 0xdeadbeefu);
  EXPECT_EQ(to_traceparent(*parsed), kParent);
  EXPECT_FALSE(parse_traceparent("00-0123456789abcdeffedcba9876543210-00000000deadbeef-00")->sampled);
  EXPECT_TRUE(parse_traceparent("cc-0123456789abcdeffedcba9876543210-00000000deadbeef-01-later").has_value());
}

TEST(TraceContext, WhatIsNoTraceparentIsNone) {
  for (const char* bad : {"", "00-", "ff-0123456789abcdeffedcba9876543210-00000000deadbeef-01",
                          "00-0123456789abcdeffedcba987654321G-00000000deadbeef-01",
                          "00-0123456789ABCDEFfedcba9876543210-00000000deadbeef-01",
                          "00-0123456789abcdeffedcba9876543210-00000000deadbeef-0",
                          "00-0123456789abcdeffedcba9876543210-00000000deadbeef-01-more",
                          "cc-0123456789abcdeffedcba9876543210-00000000deadbeef-01more",
                          "00-00000000000000000000000000000000-00000000deadbeef-01",
                          "00-0123456789abcdeffedcba9876543210-0000000000000000-01"}) {
    EXPECT_FALSE(parse_traceparent(bad).has_value()) << bad;
    EXPECT_FALSE(read_trace(headers_of({{"traceparent", bad}})).has_value()) << bad;
  }
}

TEST(TraceContext, IsReadInEitherFormat) {
  const struct {
    const char* name;
    Fields fields;
    TraceFlag flag;
    std::optional<Propagation> format;  // none: no valid trace
    std::uint64_t high = 0;
  } cases[] = {
      {"nothing", {}, TraceFlag::absent, {}},
      {"w3c", {{"traceparent", kParent}}, TraceFlag::sampled, Propagation::w3c, 0x0123456789abcdefULL},
      {"b3",
       {{"b3", "0123456789abcdeffedcba9876543210-00000000deadbeef-1"}},
       TraceFlag::sampled,
       Propagation::b3,
       0x0123456789abcdefULL},
      {"b3 of 64 bits, with a parent",
       {{"b3", "fedcba9876543210-00000000deadbeef-d-0000000000000007"}},
       TraceFlag::sampled,
       Propagation::b3,
       0},
      {"b3, denied", {{"b3", "0"}}, TraceFlag::unsampled, {}},
      {"b3, undecided", {{"b3", "fedcba9876543210-00000000deadbeef"}}, TraceFlag::undecided, Propagation::b3, 0},
      {"several headers",
       {{"x-b3-traceid", "fedcba9876543210"}, {"x-b3-spanid", "00000000deadbeef"}, {"x-b3-sampled", "1"}},
       TraceFlag::sampled,
       Propagation::b3multi,
       0},
      {"several headers, debug",
       {{"x-b3-traceid", "fedcba9876543210"}, {"x-b3-spanid", "00000000deadbeef"}, {"x-b3-flags", "1"}},
       TraceFlag::sampled,
       Propagation::b3multi,
       0},
      {"several headers, undecided",
       {{"x-b3-traceid", "fedcba9876543210"}, {"x-b3-spanid", "00000000deadbeef"}},
       TraceFlag::undecided,
       Propagation::b3multi,
       0},
      {"several headers, no span",
       {{"x-b3-traceid", "fedcba9876543210"}, {"x-b3-sampled", "1"}},
       TraceFlag::sampled,
       {}},
  };
  for (const auto& c : cases) {
    const Headers headers = headers_of(c.fields);
    EXPECT_EQ(trace_flag(headers), c.flag) << c.name;
    const auto trace = read_trace(headers);
    ASSERT_EQ(trace.has_value(), c.format.has_value()) << c.name;
    if (!trace.has_value()) continue;
    EXPECT_EQ(trace->format, *c.format) << c.name;
    EXPECT_EQ(trace->context.trace_high, c.high) << c.name;
    EXPECT_EQ(trace->context.trace_low, 0xfedcba9876543210ULL) << c.name;
    EXPECT_EQ(trace->context.span, 0xdeadbeefu) << c.name;
    EXPECT_EQ(trace->context.sampled, c.flag == TraceFlag::sampled) << c.name;
  }
}

TEST(TraceContext, TravelsInEachFormatWithItsPath) {
  for (const Propagation format : {Propagation::w3c, Propagation::b3, Propagation::b3multi}) {
    for (const bool sampled : {true, false}) {
      Headers headers;
      write_trace(headers, {1, 2, 3, sampled ? 4u : 3u, sampled}, format, "other=x, meshtwin=00000000000000aa,more=y");
      const auto read = read_trace(headers);
      ASSERT_TRUE(read.has_value());
      EXPECT_EQ(read->format, format);
      EXPECT_EQ(read->context.sampled, sampled);
      EXPECT_EQ(read->context.span, 3u);
      EXPECT_EQ(read->context.path, sampled ? 4u : 3u);
      EXPECT_EQ(headers.get(kTracestate), sampled ? "meshtwin=0000000000000004,other=x,more=y" : "other=x,more=y");
    }
  }
}

TEST(TraceContext, AHopChangesTheSpanAlone) {
  Headers headers;
  write_trace(headers, {1, 2, 3, 4, true}, Propagation::w3c, "other=x");
  const std::string state(headers.get(kTracestate));
  rewrite_span(headers, {1, 2, 77, 4, true}, Propagation::w3c);
  EXPECT_EQ(headers.get(kTracestate), state);
  EXPECT_EQ(read_trace(headers)->context.span, 77u);
  EXPECT_EQ(read_trace(headers)->context.path, 4u);
}

TEST(TraceContext, StateInSeveralFieldsIsOne) {
  const Headers received =
      headers_of({{"traceparent", kParent}, {"tracestate", "a=1"}, {"tracestate", "meshtwin=0000000000000009,b=2"}});
  EXPECT_EQ(read_trace(received)->context.path, 9u);
  Headers sent;
  write_trace(sent, {1, 2, 3, 3, true}, Propagation::w3c, tracestate_of(received));
  EXPECT_EQ(sent.get(kTracestate), "meshtwin=0000000000000003,a=1,b=2");
}

// Whatever a client sends: what is read can be written, and is read again as the same.
TEST(TraceContext, AnythingMayComeInTheHeaders) {
  static constexpr std::string_view kLetters = "0123456789abcdefABCDEFx- ,=\xff";
  RandomStream random(3, "headers");
  const std::string names[] = {"traceparent", "tracestate",   "b3",        "x-b3-traceid",
                               "x-b3-spanid", "x-b3-sampled", "x-b3-flags"};
  const std::string good[] = {kParent,
                              "meshtwin=0000000000000009",
                              "0123456789abcdef-0123456789abcdef-1",
                              "0123456789abcdef",
                              "0123456789abcdef",
                              "1",
                              "0"};
  std::size_t valid = 0;
  for (int i = 0; i < 20'000; ++i) {
    Headers headers;
    for (std::size_t name = 0; name < 7; ++name) {
      if (random.chance(0.4)) continue;
      std::string value = good[name];
      if (random.chance(0.3)) value[random.below(value.size())] = kLetters[random.below(kLetters.size())];
      if (random.chance(0.1)) value.resize(random.below(value.size() + 1));
      if (random.chance(0.1)) value.append(random.below(40), kLetters[random.below(kLetters.size())]);
      headers.add(names[name], value);
    }
    trace_flag(headers);
    const auto read = read_trace(headers);
    if (!read.has_value()) continue;
    ++valid;
    Headers again;
    write_trace(again, read->context, read->format, tracestate_of(headers));
    const auto back = read_trace(again);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->context.trace_high, read->context.trace_high);
    EXPECT_EQ(back->context.trace_low, read->context.trace_low);
    EXPECT_EQ(back->context.span, read->context.span);
    EXPECT_EQ(back->context.path, read->context.path);
    EXPECT_EQ(back->context.sampled, read->context.sampled);
    EXPECT_EQ(trace_flag(again), read->context.sampled ? TraceFlag::sampled : TraceFlag::unsampled);
  }
  EXPECT_GT(valid, 5000u);
}

TEST(TraceContext, SamplesItsShareOfTheTraces) {
  RandomStream random(1, "trace");
  int sampled = 0;
  for (int i = 0; i < 100'000; ++i) sampled += is_sampled(random.bits(), 0.1) ? 1 : 0;
  EXPECT_NEAR(sampled, 10'000, 5 * 95);
  EXPECT_FALSE(is_sampled(0, 0));
  EXPECT_TRUE(is_sampled(~0ULL, 1));
}

}  // namespace
}  // namespace meshtwin
