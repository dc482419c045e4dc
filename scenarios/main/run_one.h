#pragma once

// One run of a scenario in one world, from plan to figures.

#include <memory>
#include <string>

#include "mesh/runtime/cost_profile.h"
#include "results/run_folder.h"
#include "results/run_store.h"
#include "results/summary.h"
#include "scenarios/scenario.h"

namespace meshtwin {

enum class WorldKind { sim, emu };

struct FinishedRun {
  Summary summary;
  std::unique_ptr<RunStore> store;
  Environment environment;
};

// `label` names the run in its progress: "sim", "emu without mesh". Throws WorldError.
FinishedRun run_one(const Scenario& scenario, WorldKind world, const CostProfile& profile, const std::string& label,
                    bool hold = false);

}  // namespace meshtwin
