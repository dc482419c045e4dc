// Durations by their distributions, and the path that keys a request's draws.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mesh/wire/trace_context.h"
#include "mesh/workload/duration_model.h"

namespace meshtwin {
namespace {

using Kind = DurationModel::Kind;

TEST(DurationModel, SharesBelowKnownQuantiles) {
  const DurationModel histogram{Kind::histogram, 0, 0, 0, {{100, 0.5}, {300, 0.25}, {1000, 0.25}}};
  const struct {
    const char* name;
    DurationModel model;
    Duration value;
    double share;  // of the draws that are at most `value`
  } cases[] = {
      {"constant below", {Kind::constant, 500, 0, 0, {}}, 499, 0},
      {"constant", {Kind::constant, 500, 0, 0, {}}, 500, 1},
      {"uniform", {Kind::uniform, 1000, 3000, 0, {}}, 1500, 0.25},
      {"exponential median", {Kind::exponential, 1'000'000, 0, 0, {}}, 693'147, 0.5},
      {"lognormal median", {Kind::lognormal, 1'000'000, 0, 0.4, {}}, 1'000'000, 0.5},
      {"lognormal one deviation", {Kind::lognormal, 1'000'000, 0, 0.4, {}}, 1'491'825, 0.84134},
      {"histogram first bin", histogram, 50, 0.25},
      {"histogram second bin", histogram, 200, 0.625},
      {"histogram all", histogram, 1000, 1},
  };
  constexpr int kDraws = 100'000;
  for (const auto& c : cases) {
    RandomStream random(5, c.name);
    int below = 0;
    double sum = 0;
    for (int i = 0; i < kDraws; ++i) {
      const Duration d = draw(c.model, random);
      ASSERT_GE(d, 0) << c.name;
      below += d <= c.value ? 1 : 0;
      sum += static_cast<double>(d);
    }
    EXPECT_NEAR(static_cast<double>(below) / kDraws, c.share, 0.01) << c.name;
    EXPECT_NEAR(sum / kDraws / mean_of(c.model), 1, 0.02) << c.name;
  }
}

TEST(TraceContext, ChildrenDifferByStepAndCall) {
  const TraceContext parent{1, 2, 9, 3};  // by its path alone, whatever its span
  std::vector<std::uint64_t> spans = {parent.path};
  EXPECT_EQ(parent.child(1, 2).path, (TraceContext{4, 5, 6, 3}.child(1, 2).path));
  for (std::uint64_t step = 0; step < 20; ++step) {
    for (std::uint64_t call = 0; call < 20; ++call) {
      EXPECT_EQ(parent.child(step, call).trace_low, 2u);
      spans.push_back(parent.child(step, call).span);
    }
  }
  std::sort(spans.begin(), spans.end());
  EXPECT_EQ(std::adjacent_find(spans.begin(), spans.end()), spans.end());
}

}  // namespace
}  // namespace meshtwin
