#include "results/paired_baseline.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "mesh/base/problem.h"
#include "results/figures.h"
#include "results/json_reader.h"

namespace meshtwin {
namespace {

constexpr int kPairedSchema = 1;
constexpr const char* kAllCpu = "CPU of all roles, us a request";

std::optional<double> value_of(const std::vector<RunFigure>& figures, const std::string& name) {
  for (const RunFigure& figure : figures) {
    if (figure.name == name) return figure.value;
  }
  return std::nullopt;
}

std::vector<RunFigure> with_all_cpu(const Summary& summary) {
  std::vector<RunFigure> figures = figures_of_run(summary);
  double cpu = 0;
  for (const auto& [name, role] : summary.roles) cpu += static_cast<double>(role.cpu) / 1e3;
  if (summary.requests.sent > 0) {
    figures.push_back({kAllCpu, true, false, cpu / static_cast<double>(summary.requests.sent)});
  }
  return figures;
}

// A role that there is only in the mesh is held against all that the control has.
std::optional<double> control_of(const RunPair& pair, const std::string& figure) {
  if (const auto value = value_of(pair.control, figure)) return value;
  return value_of(pair.control, kAllCpu);
}
bool control_has(const RunPair& pair, const std::string& figure) {
  return value_of(pair.control, figure).has_value();
}

double median_control_cpu(const std::vector<RunPair>& pairs) {
  std::vector<double> all;
  for (const RunPair& pair : pairs) all.push_back(value_of(pair.control, kAllCpu).value_or(0));
  return median_of(std::move(all));
}

// What a way makes of a pair; empty where the pair lacks something.
enum class Way { more, times, more_at_that_speed };
constexpr const char* kWayNames[] = {"more than the control", "times the control", "more, at that speed"};

std::optional<double> told(const RunPair& pair, const std::string& figure, Way way, double cpu_then) {
  const std::optional<double> run = value_of(pair.run, figure);
  const std::optional<double> control = control_of(pair, figure);
  if (!run || !control) return std::nullopt;
  const double more = control_has(pair, figure) ? *run - *control : *run;
  if (way == Way::more) return more;
  if (way == Way::times) return *control > 0 ? std::optional(*run / *control) : std::nullopt;
  const double cpu = value_of(pair.control, kAllCpu).value_or(0);
  return cpu > 0 ? std::optional(more * cpu_then / cpu) : std::nullopt;
}

std::vector<double> told_of_all(const std::vector<RunPair>& pairs, const std::string& figure, Way way,
                                double cpu_then) {
  std::vector<double> all;
  for (const RunPair& pair : pairs) {
    if (const auto value = told(pair, figure, way, cpu_then)) all.push_back(*value);
  }
  return all;
}

template <typename Of>
double median_over(const std::vector<RunPair>& pairs, Of&& of) {
  std::vector<double> all;
  for (const RunPair& pair : pairs) {
    if (const std::optional<double> value = of(pair)) all.push_back(*value);
  }
  return all.empty() ? 0 : median_of(std::move(all));
}

// The figures that runs of both sets have, as the first pair orders them.
std::vector<RunFigure> common_figures(const std::vector<RunPair>& before, const std::vector<RunPair>& after) {
  std::vector<RunFigure> common;
  for (const RunFigure& figure : before.front().run) {
    if (value_of(after.front().run, figure.name)) common.push_back(figure);
  }
  return common;
}

class PairComparer {
 public:
  PairComparer(const std::vector<RunPair>& before, const std::vector<RunPair>& after)
      : before_(before), after_(after), cpu_then_(median_control_cpu(before)) {}

  PairedComparison compare() {
    for (const RunFigure& figure : common_figures(before_, after_)) add(figure);
    const SetComparison compared = compare_samples(samples_, before_.size(), after_.size());
    PairedComparison result{before_.size(), after_.size(), compared.runs_needed, std::move(changes_)};
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      result.figures[change_of_sample_[i]].ways.push_back(compared.figures[i]);
    }
    for (PairedChange& change : result.figures) judge(change);
    return result;
  }

 private:
  void add(const RunFigure& figure) {
    PairedChange change;
    change.figure = figure.name;
    change.is_share = figure.is_share;
    const auto of_run = [&](const RunPair& pair) { return value_of(pair.run, figure.name); };
    const auto of_control = [&](const RunPair& pair) { return value_of(pair.control, figure.name); };
    change.before = median_over(before_, of_run);
    change.after = median_over(after_, of_run);
    change.control_before = median_over(before_, of_control);
    change.control_after = median_over(after_, of_control);
    for (const Way way : {Way::more, Way::times, Way::more_at_that_speed}) {
      if (figure.is_share && way != Way::more) continue;
      FigureSamples samples;
      samples.name = kWayNames[static_cast<std::size_t>(way)];
      samples.more_is_worse = figure.more_is_worse;
      samples.scale = way == Way::times ? Scale::relative : Scale::absolute;
      samples.small = figure.is_share     ? kSmallShareShift
                      : way == Way::times ? kSmallRealShift
                                          : kSmallRealShift * std::abs(change.before);
      samples.before = told_of_all(before_, figure.name, way, cpu_then_);
      samples.after = told_of_all(after_, figure.name, way, cpu_then_);
      if (samples.before.size() != before_.size() || samples.after.size() != after_.size()) continue;
      change_of_sample_.push_back(changes_.size());
      samples_.push_back(std::move(samples));
    }
    changes_.push_back(std::move(change));
  }

  static void judge(PairedChange& change) {
    if (change.ways.empty()) return;
    change.change = change.ways.front().change;
    change.p_value = 0;
    for (const FigureChange& way : change.ways) {
      change.p_value = std::max(change.p_value, way.p_value);
      if (way.change != change.change) change.change = Change::none;
    }
  }

  const std::vector<RunPair>& before_;
  const std::vector<RunPair>& after_;
  const double cpu_then_;
  std::vector<FigureSamples> samples_;
  std::vector<std::size_t> change_of_sample_;
  std::vector<PairedChange> changes_;
};

Json figures_json(const std::vector<RunFigure>& figures) {
  Json object = Json::object();
  for (const RunFigure& figure : figures) object[figure.name] = figure.value;
  return object;
}

// What a figure's name alone does not say is what every run says of it.
std::vector<RunFigure> read_figures(const JsonReader& reader) {
  std::vector<RunFigure> figures;
  reader.each_member([&figures](const std::string& name, const JsonReader& value) {
    const bool success = name == "success rate";
    figures.push_back({name, !success, success || name == "retries, of all attempts", value.number()});
  });
  return figures;
}

}  // namespace

RunPair pair_of(const Summary& run, const Summary& control, bool control_first) {
  return {run.seed, control_first, with_all_cpu(run), with_all_cpu(control)};
}

std::string to_json(const PairedBaseline& baseline) {
  Json json;
  json["schema"] = kPairedSchema;
  json["world"] = "emu";
  json["scenario"] = baseline.scenario;
  json["file"] = baseline.file;
  json["settings"] = baseline.settings;
  json["host"] = baseline.host;
  json["pairs"] = Json::array();
  for (const RunPair& pair : baseline.pairs) {
    json["pairs"].push_back({{"seed", pair.seed},
                             {"control_first", pair.control_first},
                             {"run", figures_json(pair.run)},
                             {"control", figures_json(pair.control)}});
  }
  return dump(json);
}

PairedBaseline parse_paired_baseline(const std::string& text, const std::string& file_name) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) {
    throw Problem({file_name}, "is no JSON object; expected what meshtwin baseline update --world emu writes");
  }
  const JsonReader root(json, file_name);
  if (root.at("schema").count() != kPairedSchema) root.at("schema").refuse("1");
  if (root.at("world").text() != "emu") root.at("world").refuse("expected \"emu\"");
  PairedBaseline baseline;
  baseline.scenario = root.at("scenario").text();
  baseline.file = root.at("file").text();
  root.at("settings").each_item([&](const JsonReader& item) { baseline.settings.push_back(item.text()); });
  root.at("host").each_member(
      [&](const std::string& key, const JsonReader& value) { baseline.host[key] = value.text(); });
  root.at("pairs").each_item([&](const JsonReader& item) {
    baseline.pairs.push_back({item.at("seed").count(), item.at("control_first").boolean(), read_figures(item.at("run")),
                              read_figures(item.at("control"))});
  });
  if (baseline.pairs.empty()) root.at("pairs").refuse("expected at least one pair");
  return baseline;
}

bool PairedComparison::worse() const {
  return std::any_of(figures.begin(), figures.end(), [](const auto& figure) { return figure.change == Change::worse; });
}

bool PairedComparison::better() const {
  return std::any_of(figures.begin(), figures.end(),
                     [](const auto& figure) { return figure.change == Change::better; });
}

PairedComparison compare_pairs(const std::vector<RunPair>& before, const std::vector<RunPair>& after) {
  return PairComparer(before, after).compare();
}

}  // namespace meshtwin
