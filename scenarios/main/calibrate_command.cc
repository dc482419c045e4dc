#include "scenarios/main/calibrate_command.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "emu/calibrate/calibrate.h"
#include "mesh/base/problem.h"
#include "results/run_folder.h"
#include "scenarios/main/profiles.h"
#include "scenarios/main/tune_profile.h"

namespace meshtwin {
namespace {

constexpr double kEffort = 0.88;  // three rounds in less than a minute

// What calibration does not measure (HTTP/2 and the relay), or could not here (redirects, without eBPF), is taken from
// the reference profile, where it is an estimate: at no cost it would be modelled as free.
void take_estimates(CostProfile& profile) {
  const CostProfile reference = reference_profile();
  for (const Operation operation : {Operation::http2_head, Operation::http2_data, Operation::relay,
                                    Operation::tls_full_client, Operation::tls_full_server, Operation::tls_resumed,
                                    Operation::tls_seal, Operation::tls_open, Operation::redirect}) {
    OperationCost& cost = profile[operation];
    if (cost.fixed_ns == 0 && cost.per_unit_ns == 0) cost = reference[operation];
  }
}

// With how far the rounds disagree on each value.
std::string with_confidence(const Calibration& calibration) {
  auto document = nlohmann::ordered_json::parse(to_json(calibration.profile));
  for (const Confidence& row : calibration.confidence) document["confidence"][row.value] = row.spread;
  return document.dump(2) + '\n';
}

Calibration measure_host(const std::string& path, int rounds) {
  CalibrateOptions options;
  options.name = std::filesystem::path(path).stem().string();
  options.rounds = rounds;
  options.effort = kEffort;
  Calibration calibration =
      calibrate(options, [](const std::string& what) { fmt::print(stderr, "calibrate: {}\n", what); });
  take_estimates(calibration.profile);
  tune_latency(calibration.chains, calibration.profile);
  std::error_code ignored;  // write_file says what is wrong
  std::filesystem::create_directories(std::filesystem::absolute(path).parent_path(), ignored);
  write_file(path, with_confidence(calibration));
  return calibration;
}

}  // namespace

int calibrate_command(const std::string& out, int rounds) {
  const std::string path = out.empty() ? host_profile_path() : out;
  if (path.empty()) throw Problem({}, "neither HOME nor XDG_CACHE_HOME is set; expected --out FILE");
  const Calibration calibration = measure_host(path, rounds);
  fmt::print("{}\nwritten to {}\n", to_table(calibration), path);
  return 0;
}

CostProfile host_profile() {
  const std::string path = host_profile_path();
  try {
    if (path.empty()) return reference_profile();
    if (std::filesystem::exists(path)) return load_profile(path);
    fmt::print(stderr, "calibrate: this host has no cost profile yet; measuring it once\n");
    return measure_host(path, 3).profile;
  } catch (const std::exception& error) {
    fmt::print(stderr, "warning: this host's cost profile cannot be had ({}); the reference profile is used\n",
               error.what());
    return reference_profile();
  }
}

}  // namespace meshtwin
