#include "results/present/view.h"

#include <gtest/gtest.h>

#include <iostream>
#include "tests/unit/present/realistic_runs.h"

namespace meshtwin {
namespace {
TEST(View, Look) {
  const Summary sim = MadeUpRun({"sim", 1.0, 0.6, 300 * kMillisecond, 0}).summary();
  const Summary emu = MadeUpRun({"emu", 1.03, 0.7, 340 * kMillisecond, 90 * kMicrosecond}).summary();
  const Summary sim_bare = MadeUpRun({"sim", 1.0, 0.2, 300 * kMillisecond, 0}).summary();
  const Summary emu_bare = MadeUpRun({"emu", 1.02, 0.25, 340 * kMillisecond, 90 * kMicrosecond}).summary();
  const Summary null = MadeUpRun({"sim", 1.0, 0.0, 300 * kMillisecond, 0}).summary();
  const Summary repeat = MadeUpRun({"emu", 1.035, 0.71, 340 * kMillisecond, 90 * kMicrosecond}).summary();
  ComparedRuns runs{&sim, &emu, &sim_bare, &emu_bare, &null, nullptr, &repeat};
  std::cout << view_of(emu, Style{}) << "\n=======\n"
            << view_of(compare(runs), sim, emu, Style{}) << "\n=====\n"
            << view_of(compare(runs), sim, emu, Style{80, false, false});
}
}  // namespace
}  // namespace meshtwin
