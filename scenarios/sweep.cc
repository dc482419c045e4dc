#include "scenarios/sweep.h"

#include <filesystem>

#include "mesh/resource/reading.h"
#include "mesh/resource/yaml.h"
#include "scenarios/axis_values.h"
#include "scenarios/sweep_loading.h"

namespace meshtwin {

namespace {

Node the_document(std::string_view text, const std::string& name, ProblemList& problems) {
  std::vector<Node> documents = read_yaml(text, name, problems);
  problems.throw_if_any();
  if (documents.size() == 1 && documents.front().kind == Node::Kind::map) return std::move(documents.front());
  const std::string found = documents.empty()       ? "an empty file"
                            : documents.size() == 1 ? describe(documents.front())
                                                    : "a second document";
  problems.add(documents.empty() ? Place{name, 1, 1} : documents.back().place(),
               "found " + found + ", expected one sweep: a mapping that begins with schema: 1");
  problems.throw_if_any();
  return {};
}

std::vector<std::string> worlds_of(const Node& root) {
  const std::string world = read_text(&root, "world", "sim");
  if (world == "both") return {"sim", "emu"};
  return {world};
}

}  // namespace

Sweep load_sweep_text(std::string_view text, const std::string& name) {
  ProblemList problems;
  const Node root = the_document(text, name, problems);
  check_shape(root, sweep_shape(), problems);
  SweepLoading loading{root, problems, name};
  Sweep& sweep = loading.sweep;
  sweep.name = read_text(&root, "name");
  sweep.scenario_file = (std::filesystem::path(name).parent_path() / read_text(&root, "scenario")).lexically_normal();
  sweep.worlds = worlds_of(root);
  sweep.repeats = static_cast<int>(read_integer(&root, "repeats", 1));
  load_sweep_axes(loading);
  load_sweep_points(loading);
  load_sweep_figures(loading);
  problems.throw_if_any();
  return std::move(loading.sweep);
}

Sweep load_sweep(const std::string& path) {
  std::string text;
  try {
    text = read_text_file(path, kYamlBytesMost);
  } catch (const Problem& problem) {
    throw Problems({problem});
  }
  return load_sweep_text(text, path);
}

LoadOptions options_of(const Sweep& sweep, const Sweep::Point& point) {
  LoadOptions options;
  options.settings = sweep.set;
  for (std::size_t i = 0; i < point.at.size(); ++i) {
    if (sweep.axes[i].stops.empty()) continue;  // while loading: it is malformed
    const std::vector<Setting>& settings = sweep.axes[i].stops[point.at[i]].settings;
    options.settings.insert(options.settings.end(), settings.begin(), settings.end());
  }
  return options;
}

std::string words_of(const Sweep& sweep, const Sweep::Point& point) {
  std::string words;
  for (std::size_t i = 0; i < point.at.size(); ++i) {
    if (sweep.axes[i].stops.empty()) continue;
    words += (words.empty() ? "" : ", ") + sweep.axes[i].name + '=' + sweep.axes[i].stops[point.at[i]].label;
  }
  return words;
}

SweepTable table_of(const Sweep& sweep) {
  SweepTable table;
  table.name = sweep.name;
  table.scenario = sweep.scenario_file;
  table.figures = sweep.figures;
  for (const SweepAxis& axis : sweep.axes) {
    std::vector<std::string> labels;
    for (const SweepStop& stop : axis.stops) labels.push_back(stop.label);
    const AxisScale scale = scale_of(labels);
    SweepTable::Axis shown{axis.name, scale.unit, scale.numeric, scale.logarithmic, {}};
    for (std::size_t i = 0; i < labels.size(); ++i) shown.values.push_back({labels[i], scale.numbers[i]});
    table.axes.push_back(std::move(shown));
  }
  return table;
}

}  // namespace meshtwin
