// Any text, as a scenario: it is loaded or refused with problems, nothing else. The first line may hold a `--set`.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "mesh/base/problems.h"
#include "scenarios/scenario.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meshtwin;
  std::string text(reinterpret_cast<const char*>(data), size);
  LoadOptions options;
  if (text.starts_with("--set ")) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    options.set.push_back(text.substr(6, end - 6));
    text.erase(0, std::min(end + 1, text.size()));
  }
  try {
    const Scenario scenario = load_scenario_text(text, "fuzz.yaml", options);
    if (scenario.plan.pods.empty()) std::abort();  // what is accepted can be run
    for (const PodPlan& pod : scenario.plan.pods)
      if (pod.roles.empty() || pod.ip == 0) std::abort();
    for (const TimelineAction& action : scenario.timeline)
      for (const std::size_t pod : action.pods)
        if (pod >= scenario.plan.pods.size()) std::abort();
  } catch (const Problems& problems) {
    if (problems.all().empty()) std::abort();
  }
  return 0;
}
