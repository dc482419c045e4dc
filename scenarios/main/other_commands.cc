#include "scenarios/main/other_commands.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "emu/doctor.h"
#include "scenarios/import_isotope.h"
#include "scenarios/language.h"
#include "scenarios/sweep.h"

namespace meshtwin {

int schema_command(bool of_sweeps) {
  fmt::print("{}", of_sweeps ? sweep_schema() : scenario_schema());
  return 0;
}

int doctor_command(bool json, const Style& style) {
  const std::vector<Finding> facts = examine_host();
  bool able = true;
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Finding& fact : facts) {
    able = able && (fact.ok || !fact.required);
    if (json) {
      all.push_back({{"name", fact.name},
                     {"ok", fact.ok},
                     {"required", fact.required},
                     {"detail", fact.detail},
                     {"remedy", fact.remedy}});
      continue;
    }
    const std::string mark = painted(fact.ok         ? "ok"
                                     : fact.required ? "MISSING"
                                                     : "absent",
                                     fact.ok ? Paint::good : Paint::bad, style);
    fmt::print("{:<{}} {:<24} {}\n", mark, 8 + (mark.size() > 8 ? mark.size() - columns_of(mark) : 0), fact.name,
               fact.detail);
    if (!fact.ok && !fact.remedy.empty()) fmt::print("{:<8} {:<24} -> {}\n", "", "", fact.remedy);
  }
  if (json) fmt::print("{}\n", all.dump(2));
  return able ? 0 : 1;
}

int import_isotope_command(const std::string& file, IsotopeOptions options) {
  fmt::print("{}", import_isotope(file, options));
  return 0;
}

}  // namespace meshtwin
