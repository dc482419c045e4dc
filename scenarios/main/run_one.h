#pragma once

// One run of a scenario in one world, from plan to figures.

#include <map>
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
  std::unique_ptr<RunFolder> folder;  // begun, to be finished by whoever has all runs; null: none was asked for
  RunSubject subject;
};

struct RunOptions {
  std::string label;  // names the run in its progress: "sim", "emu without mesh"
  bool hold = false;
  std::string folder = {};                           // where its store is written while it goes on; empty: nowhere
  std::map<std::string, std::string> settings = {};  // Environment's
};

// Throws WorldError, ResultsError, SqlError.
FinishedRun run_one(const Scenario& scenario, WorldKind world, const CostProfile& profile, const RunOptions& options);

}  // namespace meshtwin
