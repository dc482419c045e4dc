#pragma once

// A sweep written by hand: two meshes by two rates, three seeds each, one figure of which one run is not valid.

#include "results/sweep_table.h"

namespace meshtwin {

inline SweepTable made_up_sweep() {
  SweepTable table;
  table.name = "made-up";
  table.scenario = "a.yaml";
  table.axes = {{"load.0.rate", "requests a second", true, false, {{"400/s", 400}, {"100/s", 100}}},
                {"mesh", "", false, false, {{"none", {}}, {"a, \"b\"", {}}}}};
  table.figures = {*find_figure("latency_p99"), *find_figure("success_rate")};
  for (std::size_t rate : {0, 1}) {
    for (std::size_t mesh : {0, 1}) {
      for (std::uint64_t seed : {1, 2, 3}) {
        SweepTable::Row row{{rate, mesh}, "sim", seed, 1, "runs/x", {}, {}};
        const double base = (rate == 0 ? 10.0 : 1.0) * (mesh == 0 ? 1 : 2);
        row.figures = {base * static_cast<double>(seed), 0.75};
        table.rows.push_back(std::move(row));
      }
    }
  }
  table.rows[1].invalid = {"the host was busy"};  // 400/s, none, seed 2
  table.rows[2].figures[1] = std::nullopt;
  return table;
}

}  // namespace meshtwin
