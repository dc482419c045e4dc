#include "scenarios/main/validate_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "mesh/base/problems.h"
#include "mesh/resource/resources.h"
#include "mesh/resource/yaml.h"
#include "scenarios/scenario.h"
#include "scenarios/sweep.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct FileVerdict {
  std::string file;
  std::string what;                          // "scenario", "sweep", "documents"
  std::string about;                         // of a scenario: what is in it
  std::map<std::string, std::size_t> kinds;  // documents of each
  std::size_t ignored = 0;
  std::vector<Problem> problems;
  std::vector<std::string> warnings;
};

bool is_yaml(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml" || path.extension() == ".json";
}

// Folders in the order of their files' names.
std::vector<std::string> files_of(const std::vector<std::string>& named) {
  std::vector<std::string> files;
  for (const std::string& name : named) {
    if (name == "-" || !fs::is_directory(name)) {
      files.push_back(name);
      continue;
    }
    std::vector<std::string> below;
    for (const auto& entry : fs::recursive_directory_iterator(name))
      if (entry.is_regular_file() && is_yaml(entry.path())) below.push_back(entry.path().string());
    if (below.empty()) throw Problem({name, 0, 0}, "found no .yaml, .yml or .json file below, expected one");
    std::sort(below.begin(), below.end());
    files.insert(files.end(), below.begin(), below.end());
  }
  return files;
}

std::string text_of(const std::string& file) {
  if (file != "-") return read_text_file(file, kYamlBytesMost);
  std::string text(std::istreambuf_iterator<char>(std::cin), {});
  return text;
}

void check_documents(const std::vector<Node>& documents, const ValidateArguments& arguments, ProblemList& problems,
                     FileVerdict& verdict) {
  Resources resources;
  const ReadOptions options{.purpose = arguments.for_a_run ? Purpose::run : Purpose::validate,
                            .ignored_kinds = arguments.ignore};
  for (const Node& document : documents) add_resource(document, resources, problems, options);
  verdict.what = "documents";
  verdict.kinds = resources.kinds;
  verdict.ignored = resources.ignored;
  verdict.warnings = resources.warnings;
}

void check_scenario(const std::string& text, const Node& root, FileVerdict& verdict) {
  if (root.find("scenario") != nullptr) {
    verdict.what = "sweep";
    verdict.about = fmt::format("{} points", load_sweep_text(text, verdict.file).points.size());
    return;
  }
  verdict.what = "scenario";
  const Scenario scenario = load_scenario_text(text, verdict.file, {});
  verdict.warnings = scenario.warnings;
  verdict.about = fmt::format("{} pods in {} zones, {} timeline actions, {} expectations", scenario.plan.pods.size(),
                              scenario.plan.zones.size(), scenario.timeline.size(), scenario.expect.size());
}

FileVerdict check(const std::string& file, const ValidateArguments& arguments) {
  FileVerdict verdict;
  verdict.file = file;
  try {
    const std::string text = text_of(file);
    ProblemList problems;
    const std::vector<Node> documents = read_yaml(text, file, problems);
    const bool of_kubernetes =
        !documents.empty() && (documents[0].find("apiVersion") != nullptr || documents[0].find("kind") != nullptr);
    if (documents.empty() && problems.empty())
      problems.add({file, 0, 0}, "found no document, expected a scenario, or documents with apiVersion and kind");
    if (of_kubernetes || !problems.empty()) {
      check_documents(documents, arguments, problems, verdict);
      problems.throw_if_any();
    } else {
      check_scenario(text, documents[0], verdict);
    }
  } catch (const Problems& all) {
    verdict.problems = all.all();
  } catch (const Problem& problem) {
    verdict.problems = {problem};
  }
  return verdict;
}

std::string counted(const std::map<std::string, std::size_t>& kinds) {
  std::string text;
  for (const auto& [kind, count] : kinds) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, kind);
  return text;
}

std::string plural(std::size_t count, const char* one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

struct Totals {
  std::map<std::string, std::size_t> kinds;
  std::size_t documents = 0, ignored = 0, scenarios = 0, problems = 0, warnings = 0, bad_files = 0;
};

Totals sum_of(const std::vector<FileVerdict>& verdicts) {
  Totals totals;
  for (const FileVerdict& verdict : verdicts) {
    for (const auto& [kind, count] : verdict.kinds) {
      totals.kinds[kind] += count;
      totals.documents += count;
    }
    totals.ignored += verdict.ignored;
    totals.scenarios += verdict.problems.empty() && !verdict.about.empty() ? 1 : 0;
    totals.problems += verdict.problems.size();
    totals.warnings += verdict.warnings.size();
    totals.bad_files += verdict.problems.empty() ? 0 : 1;
  }
  return totals;
}

void print_text(const std::vector<FileVerdict>& verdicts, const Totals& totals) {
  for (const FileVerdict& verdict : verdicts) {
    for (const std::string& warning : verdict.warnings) fmt::print(stderr, "warning: {}\n", warning);
    for (const Problem& problem : verdict.problems) fmt::print(stderr, "{}\n", problem.text());
    if (verdict.problems.empty() && !verdict.about.empty()) fmt::print("{}: valid: {}\n", verdict.file, verdict.about);
  }
  std::string line;
  const auto add = [&](const std::string& part) { line += (line.empty() ? "" : "; ") + part; };
  if (totals.scenarios > 0) add(plural(totals.scenarios, "scenario file") + " valid");
  if (totals.documents > 0) add(plural(totals.documents, "document") + " valid: " + counted(totals.kinds));
  if (totals.ignored > 0) add(fmt::format("{} ignored", totals.ignored));
  if (totals.warnings > 0) add(plural(totals.warnings, "warning"));
  if (totals.problems > 0)
    add(fmt::format("{} in {}", plural(totals.problems, "problem"), plural(totals.bad_files, "file")));
  fmt::print("{}\n", line);
}

void print_json(const std::vector<FileVerdict>& verdicts, const Totals& totals) {
  Json files = Json::array();
  for (const FileVerdict& verdict : verdicts) {
    Json problems = Json::array();
    for (const Problem& problem : verdict.problems)
      problems.push_back({{"file", problem.place().file},
                          {"line", problem.place().line},
                          {"column", problem.place().column},
                          {"message", problem.what()}});
    files.push_back({{"file", verdict.file},
                     {"what", verdict.what},
                     {"valid", verdict.problems.empty()},
                     {"documents", verdict.kinds},
                     {"ignored", verdict.ignored},
                     {"problems", std::move(problems)},
                     {"warnings", verdict.warnings}});
  }
  const Json all = {{"valid", totals.problems == 0}, {"documents", totals.kinds}, {"files", std::move(files)}};
  fmt::print("{}\n", all.dump(2));
}

}  // namespace

int validate_command(const ValidateArguments& arguments) {
  std::vector<FileVerdict> verdicts;
  for (const std::string& file : files_of(arguments.files)) verdicts.push_back(check(file, arguments));
  const Totals totals = sum_of(verdicts);
  if (arguments.json) {
    print_json(verdicts, totals);
  } else {
    print_text(verdicts, totals);
  }
  return totals.problems == 0 ? 0 : 2;
}

}  // namespace meshtwin
