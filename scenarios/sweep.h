#pragma once

// A sweep file, loaded and checked: one scenario, run at every combination of the values along some axes, with several
// seeds, in one world or both. Every combination has been loaded once, so that whatever is wrong with one of them is
// said before the first runs.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/resource/shape.h"
#include "results/sweep_table.h"
#include "scenarios/scenario.h"

namespace meshtwin {

inline constexpr std::size_t kSweepPointsMost = 10'000;
inline constexpr std::size_t kSweepRunsMost = 100'000;

// A value on an axis: what it changes in the scenario.
struct SweepStop {
  std::string label;
  std::vector<Setting> settings;
};

struct SweepAxis {
  std::string name;  // a path, as of --set; or what the file calls a group of cases
  std::vector<SweepStop> stops;
};

struct SweepPlot {
  enum class Log : unsigned char { automatic, none, x, y, xy };
  std::size_t x = 0;              // axes
  std::optional<std::size_t> by;  // a line for each of its values
  std::size_t y = 0;              // figure
  Log log = Log::automatic;
};

struct Sweep {
  struct Point {
    std::vector<std::size_t> at;  // a stop of each axis
    std::uint64_t sources = 0;    // Scenario's
    Duration duration = 0;
  };

  std::string name;
  std::string scenario_file;
  std::string scenario_text;
  std::vector<std::string> worlds;  // "sim", "emu"
  std::vector<Setting> set;         // at every point
  std::vector<SweepAxis> axes;
  std::vector<Point> points;  // the last axis changes fastest
  std::vector<std::uint64_t> seeds;
  int repeats = 1;  // in the emulator
  std::vector<Figure> figures;
  std::vector<SweepPlot> plots;
  std::vector<std::string> warnings;  // the scenarios'
};

// Both throw Problems. `name` stands for the file in places; the scenario is looked for beside it.
Sweep load_sweep(const std::string& path);
Sweep load_sweep_text(std::string_view text, const std::string& name);

// What makes the scenario one of the sweep's points.
LoadOptions options_of(const Sweep& sweep, const Sweep::Point& point);
// "mesh.mode=sidecar, load.0.rate=200/s"
std::string words_of(const Sweep& sweep, const Sweep::Point& point);
// The sweep's table, without any rows.
SweepTable table_of(const Sweep& sweep);

// The JSON Schema (2020-12) of sweep files.
std::string sweep_schema();
const Shape& sweep_shape();

}  // namespace meshtwin
