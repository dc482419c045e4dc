#include "scenarios/main/host_now.h"

#include <fmt/format.h>

#include <exception>

#include "emu/calibrate/calibrate.h"
#include "scenarios/main/tune_profile.h"

namespace meshtwin {
namespace {

constexpr double kEffort = 0.6;  // of a whole calibration

}  // namespace

void HostNow::look() try { looks_.push_back(measure_chains(kEffort)); } catch (const std::exception& error) {
  fmt::print(stderr, "warning: how the host is just now cannot be measured: {}\n", error.what());
}

CostProfile HostNow::seen(CostProfile profile) const {
  if (looks_.empty()) return profile;
  const ChainSet chains = mean_of_sets(looks_);
  scale_to(chains, profile);
  tune_wake_up(chains, profile);
  return profile;
}

}  // namespace meshtwin
