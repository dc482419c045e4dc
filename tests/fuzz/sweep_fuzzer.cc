// Any text, as a sweep file over a scenario of the library: it is loaded or refused with problems, nothing else.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mesh/base/problems.h"
#include "scenarios/sweep.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meshtwin;
  try {
    const Sweep sweep =
        load_sweep_text({reinterpret_cast<const char*>(data), size}, "scenarios/sweeps/overhead-by-rate.yaml");
    if (sweep.points.empty() || sweep.seeds.empty() || sweep.worlds.empty()) std::abort();
    for (const Sweep::Point& point : sweep.points) options_of(sweep, point);  // what is accepted can be run
    for (const SweepPlot& plot : sweep.plots) {
      if (plot.x >= sweep.axes.size() || plot.y >= sweep.figures.size()) std::abort();
    }
    table_of(sweep);
  } catch (const Problems& problems) {
    if (problems.all().empty()) std::abort();
  }
  return 0;
}
