#include "scenarios/main/explain_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <vector>

#include "mesh/base/problem.h"
#include "mesh/resource/nearest.h"
#include "mesh/resource/node.h"
#include "results/present/explain_view.h"
#include "results/summary_json.h"
#include "scenarios/main/find_stores.h"

namespace meshtwin {
namespace {

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> quantile_of(const std::string& figure) {
  if (figure == "mean") return std::nullopt;
  return figure == "p50" ? 0.5 : figure == "p90" ? 0.9 : 0.99;
}

std::string folder_of(const StoreFile& store) {
  return std::filesystem::path(store.path).parent_path().string();
}

void select_phase(Selection& selection, const StoreFile& store, const std::string& name) {
  const std::string folder = folder_of(store);
  const Summary summary = load_summary(folder + "/summary.json");
  std::vector<std::string> names;
  for (const Phase& phase : summary.phases) {
    names.push_back(phase.name);
    if (phase.name != name) continue;
    selection.begin = phase.begin;
    selection.end = &phase == &summary.phases.back() ? INT64_MAX : phase.end;
    return;
  }
  throw Problem({folder},
                "found no phase " + quote(name) + ", expected one of " + listing(names) + suggestion(name, names));
}

void select_route(Selection& selection, const TracedRun& run, const std::string& folder, const std::string& route) {
  const std::optional<std::uint64_t> number = number_in(route);
  if (number.has_value() && *number < run.loads.size()) {
    selection.load = static_cast<std::uint32_t>(*number);
    return;
  }
  const bool known =
      std::ranges::any_of(run.loads, [&](const std::string& load) { return load.ends_with(" to " + route); });
  if (!known) {
    std::string all;
    for (std::size_t i = 0; i < run.loads.size(); ++i)
      all += fmt::format("{}{} ({})", i > 0 ? ", " : "", i, run.loads[i]);
    throw Problem({folder},
                  "found no load " + quote(route) + ", expected a load's number or the service it goes to: " + all);
  }
  selection.service = route;
}

struct Chosen {
  std::uint32_t load = 0;
  std::uint64_t number = 0;
};

Chosen parse_request(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto load = number_in(std::string_view(text).substr(0, slash));
  const auto number = slash == std::string::npos ? std::nullopt : number_in(std::string_view(text).substr(slash + 1));
  if (!load.has_value() || !number.has_value() || *load > UINT32_MAX) {
    throw Problem({"--request"}, "found " + quote(text) + ", expected the number of a load and of its request: 0/17");
  }
  return {static_cast<std::uint32_t>(*load), *number};
}

std::vector<OneRequest> requests_of(const ExplainArguments& arguments, const std::vector<TracedRun>& runs) {
  std::vector<OneRequest> found;
  const std::string asked = arguments.trace.empty() ? arguments.request : arguments.trace;
  std::string why = "found no request " + quote(asked);
  for (const TracedRun& run : runs) {
    const RequestRecord* request = nullptr;
    if (!arguments.trace.empty()) {
      const auto trace = parse_trace_id(arguments.trace);
      if (!trace.has_value())
        throw Problem({"--trace"}, "found " + quote(asked) + ", expected 32 hexadecimal digits in lower case");
      request = find_request(run, *trace);
    } else {
      const Chosen chosen = parse_request(arguments.request);
      request = find_request(run, chosen.load, chosen.number);
    }
    if (request != nullptr && !request->sampled()) {
      why = "found request " + quote(asked) + ", which is not sampled";
      request = nullptr;
    }
    if (request != nullptr) found.push_back({run, *request});
  }
  if (!found.empty()) return found;
  throw Problem({arguments.run}, why + ", expected a sampled one: meshtwin query " + arguments.run +
                                     " \"select load, number, trace from requests where trace is not null\"");
}

int explain_request(const ExplainArguments& arguments, const std::vector<TracedRun>& runs, const Style& style) {
  const std::vector<OneRequest> found = requests_of(arguments, runs);
  if (arguments.json) {
    fmt::print("{}", json_of(found));
    return 0;
  }
  for (const OneRequest& one : found) fmt::print("{}\n", waterfall_of(one, style));
  fmt::print("{}", parts_of(found, style));
  return 0;
}

}  // namespace

int explain_command(const ExplainArguments& arguments, const Style& style) {
  const std::vector<StoreFile> stores = find_stores(arguments.run, "");
  std::vector<TracedRun> runs;
  for (const StoreFile& store : stores) {
    runs.push_back(read_traced_run(store.path));
  }
  if (!arguments.request.empty() || !arguments.trace.empty()) return explain_request(arguments, runs, style);
  std::vector<Explanation> worlds;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Selection selection;
    selection.quantile = quantile_of(arguments.figure);
    if (!arguments.phase.empty()) select_phase(selection, stores[i], arguments.phase);
    if (!arguments.route.empty()) select_route(selection, runs[i], folder_of(stores[i]), arguments.route);
    worlds.push_back(explain(runs[i], selection));
  }
  if (arguments.json) {
    fmt::print("{}", json_of(worlds, arguments.figure));
  } else {
    fmt::print("{}\n\n{}", runs.front().scenario, view_of(worlds, arguments.figure, style));
  }
  return 0;
}

}  // namespace meshtwin
