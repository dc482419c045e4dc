// Plays the tiny roles. `conduct ROLE_PROGRAM` runs a small world instead, saying "began" when time zero is set.

#include <cstdio>
#include <exception>
#include <string_view>

#include "emu/role_program.h"
#include "emu/world.h"
#include "mesh/telemetry/record.h"
#include "tests/emu/role/tiny_roles.h"
#include "tests/emu/tiny_plan.h"

namespace meshtwin {
namespace {

struct ProbeCounter : Recorder {
  void request(const RequestRecord&) override {}
  void attempt(const AttemptRecord&) override {}
  void access(AccessRecord) override {}
  void span(const SpanRecord&) override {}
  void metric(MetricRecord) override {}
  void event(EventRecord event) override {
    if (event.kind == "probe" && event.detail.rfind("pod ", 0) == 0) ++answered;
  }
  int answered = 0;
};

int conduct(const char* role_program) {
  TinyPlan plan(1500 * kMillisecond);
  plan.app(0, "near");
  plan.app(1, "far", true);
  const std::size_t client = plan.pod(0, "client");
  plan.sidecar(1);
  plan.load(client, "near");
  ProbeCounter recorder;
  EmuOptions options;
  options.role_program = role_program;
  try {
    make_emu_world(plan.plan(), options, recorder)->run([] {
      std::puts("began");
      std::fflush(stdout);
    });
  } catch (const WorldError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::printf("answered %d\n", recorder.answered);
  return recorder.answered > 0 ? 0 : 1;
}

}  // namespace
}  // namespace meshtwin

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "conduct") return meshtwin::conduct(argv[2]);
  return meshtwin::run_role_program(argc, argv, meshtwin::make_tiny_role);
}
