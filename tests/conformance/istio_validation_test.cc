// Istio's own cases of valid and invalid documents: what its API server and its webhook take is taken, what they refuse
// is refused, at the field they name.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

#include "mesh/resource/resources.h"
#include "mesh/resource/yaml.h"
#include "tests/conformance/shared_data.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

struct Case {
  Node document;
  std::string error;  // a part of the API server's message; empty: valid
};

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<Case> cases_of(const fs::path& file) {
  ProblemList problems;
  std::vector<Case> cases;
  for (Node& document : read_yaml(read_text_file(file, kYamlBytesMost), file, problems)) {
    Case& entry = cases.emplace_back();
    for (std::size_t i = 0; i < document.keys.size(); ++i) {
      if (document.keys[i].text != "_err") continue;
      entry.error = document.items[i].text;
      document.keys.erase(document.keys.begin() + static_cast<std::ptrdiff_t>(i));
      document.items.erase(document.items.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
    entry.document = std::move(document);
  }
  EXPECT_TRUE(problems.empty());
  return cases;
}

// The problems of a document, a line each; empty: none.
std::string problems_of(const Node& document) {
  Resources resources;
  ProblemList problems;
  add_resource(document, resources, problems, {.purpose = Purpose::validate});
  try {
    problems.throw_if_any();
  } catch (const Problems& all) {
    return all.what();
  }
  return {};
}

// The keys that lead to the value, or the key, at a place: `spec.jwtRules[0].issuer`. Empty: nothing stands there.
std::string path_to(const Node& node, const Place& place, const std::string& here) {
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const bool map = node.kind == Node::Kind::map;
    const std::string path =
        map ? (here.empty() ? "" : here + ".") + node.keys[i].text : here + "[" + std::to_string(i) + "]";
    if (const std::string deeper = path_to(node.items[i], place, path); !deeper.empty()) return deeper;
    const Node& at =
        map && node.keys[i].line == place.line && node.keys[i].column == place.column ? node.keys[i] : node.items[i];
    if (at.line == place.line && at.column == place.column) return path;
  }
  return {};
}

// The last key that the API server's message names; empty: it names none.
std::string field_in(const std::string& error) {
  const std::size_t end =
      std::min({error.find(" in body"), error.find(": Required"), error.find(": Invalid"), error.size()});
  if (end == error.size()) return {};
  std::string path = error.substr(0, end);
  while (path.ends_with("]")) path.resize(path.rfind('['));
  return path.substr(path.rfind('.') + 1);
}

// Fields that messages of the other sort, a rule's own text, are about.
const std::map<std::string, std::string> kFieldOfRule = {
    {"Cannot set serviceAccounts with namespaces or principals", "serviceAccounts"},
    {"Unsupported value: \"BLAH\"", "mode"},
    {"type conversion error from", "portLevelMtls"},
    {"portLevelMtls requires selector", "portLevelMtls"},
    {"port must be between 1-65535", "port"},
    {"key must not be empty", "matchLabels"},
    {"only one of targetRefs or selector can be set", "targetRefs"},
    {"cross namespace referencing is not currently supported", "namespace"},
    {"url must have scheme", "jwksUri"},
    {"must be a valid duration greater than", "timeout"},
    {"Unsupported value: \"MANDATORY\"", "presence"},
    {"only one of WorkloadSelector or Endpoints can be set", "endpoints"},
    {"CIDR addresses are allowed only for NONE/STATIC resolution types", "addresses"},
    {"port number cannot be duplicated", "number"},
    {"NONE mode cannot set endpoints", "endpoints"},
    {"DNS_ROUND_ROBIN mode cannot have multiple endpoints", "endpoints"},
    {"value must not be set when operation is REMOVE", "value"},
    {"url must have schema one of", "url"},
    {"wildcard not allowed in label value match", "matchLabels"},
    {"wildcard not allowed in label key match", "matchLabels"},
    {"Address is required", "address"},
    {"UDS may not be a dir", "address"},
    {"UDS must be an absolute path or abstract socket", "address"}};

std::string field_of(const std::string& error) {
  const auto rule = kFieldOfRule.find(error);
  return rule != kFieldOfRule.end() ? rule->second : field_in(error);
}

// Whether our reasons are about the field: one of them stands at it, or names it.
bool is_about(const Node& document, const std::string& problems, const std::string& field) {
  ProblemList list;
  Resources resources;
  add_resource(document, resources, list, {.purpose = Purpose::validate});
  try {
    list.throw_if_any();
  } catch (const Problems& all) {
    for (const Problem& problem : all.all())
      if (path_to(document, problem.place(), "").find(field) != std::string::npos) return true;
  }
  return problems.find(field) != std::string::npos;
}

struct Figures {
  std::size_t valid = 0, invalid = 0, right = 0, same_field = 0;
};

void print(const char* title, const std::map<std::string, Figures>& all) {
  std::printf("%s\n  %-24s %6s %8s %6s %11s\n", title, "kind", "valid", "invalid", "right", "same field");
  for (const auto& [kind, figures] : all)
    std::printf("  %-24s %6zu %8zu %6zu %8zu/%zu\n", kind.c_str(), figures.valid, figures.invalid, figures.right,
                figures.same_field, figures.invalid);
}

TEST(IstioValidation, CasesOfTheCrds) {
  const auto folder = shared_data("istio-validation/crds");
  if (!folder) GTEST_SKIP() << "istio-validation is not there";
  std::map<std::string, Figures> figures;
  for (const fs::path& file : files_in(*folder)) {
    for (const Case& entry : cases_of(file)) {
      Figures& of_kind = figures[entry.document.find("kind")->text];
      const std::string problems = problems_of(entry.document);
      const std::string where = entry.document.place().file + ":" + std::to_string(entry.document.line) + ": ";
      ++(entry.error.empty() ? of_kind.valid : of_kind.invalid);
      of_kind.right += entry.error.empty() == problems.empty() ? 1 : 0;
      if (entry.error.empty()) {
        EXPECT_EQ(problems, "") << where;
        continue;
      }
      EXPECT_NE(problems, "") << where << "should be refused: " << entry.error;
      const std::string field = field_of(entry.error);
      EXPECT_NE(field, "") << where << entry.error;
      const bool same = !problems.empty() && is_about(entry.document, problems, field);
      of_kind.same_field += same ? 1 : 0;
      EXPECT_TRUE(same) << where << entry.error << "\nwe say: " << problems;
    }
  }
  print("cases of the CRDs", figures);
}

TEST(IstioValidation, PlainSamples) {
  const auto folder = shared_data("istio-validation/dataset");
  if (!folder) GTEST_SKIP() << "istio-validation is not there";
  std::map<std::string, Figures> figures;
  for (const fs::path& file : files_in(*folder)) {
    for (const Case& entry : cases_of(file)) {
      Figures& of_kind = figures[entry.document.find("kind")->text];
      const std::string problems = problems_of(entry.document);
      ++of_kind.valid;
      of_kind.right += problems.empty() ? 1 : 0;
      EXPECT_EQ(problems, "") << file;
    }
  }
  print("plain samples", figures);
}

// The Argo CD Application among the samples is the only document of another world.
TEST(IstioSamples, AreValid) {
  const auto folder = shared_data("istio-samples");
  if (!folder) GTEST_SKIP() << "istio-samples is not there";
  std::map<std::string, Figures> figures;
  for (const fs::path& file : files_in(*folder)) {
    for (const Case& entry : cases_of(file)) {
      const std::string kind = entry.document.find("kind")->text;
      const std::string problems = problems_of(entry.document);
      if (kind == "Application") {
        EXPECT_NE(problems.find("application.yaml:2:7: found \"Application\""), std::string::npos) << problems;
        continue;
      }
      ++figures[kind].valid;
      figures[kind].right += problems.empty() ? 1 : 0;
      EXPECT_EQ(problems, "") << file;
      Resources for_a_run;
      ProblemList refused;
      add_resource(entry.document, for_a_run, refused);
      EXPECT_TRUE(refused.empty()) << file << ": a run refuses it";
    }
  }
  print("samples", figures);
}

Node value(Node::Kind kind, const std::string& text, bool quoted, const Node& place) {
  Node node = place;
  node.kind = kind;
  node.text = text;
  node.quoted = quoted;
  node.keys.clear();
  node.items.clear();
  return node;
}

// Reads the document with one value changed at each of its places: another kind of value, a key dropped, a key
// misspelt.
std::size_t read_mutants(Node& whole, Node& here) {
  const auto refused = [&] { return problems_of(whole).empty() ? 0u : 1u; };
  std::size_t count = 0;
  const Node original = here;
  for (const Node& other :
       {value(Node::Kind::null, "", false, here), value(Node::Kind::scalar, "7", false, here),
        value(Node::Kind::scalar, "-1", false, here), value(Node::Kind::scalar, "true", false, here),
        value(Node::Kind::scalar, "(a/*", true, here), value(Node::Kind::scalar, "", true, here),
        value(Node::Kind::list, "", false, here), value(Node::Kind::map, "", false, here)}) {
    here = other;
    count += refused();
  }
  here = original;
  for (std::size_t i = 0; i < original.keys.size(); ++i) {
    here.keys.erase(here.keys.begin() + static_cast<std::ptrdiff_t>(i));
    here.items.erase(here.items.begin() + static_cast<std::ptrdiff_t>(i));
    count += refused();
    here = original;
    here.keys[i].text += "x";
    count += refused();
    here = original;
  }
  for (Node& item : here.items) count += read_mutants(whole, item);
  return count;
}

// Whatever stands in a document, it is read or refused, never more than that.
TEST(IstioValidation, MutantsAreReadOrRefused) {
  std::size_t refused = 0;
  for (const char* name : {"istio-validation", "istio-samples/helloworld", "istio-samples/ambient-argo"}) {
    const auto folder = shared_data(name);
    if (!folder) GTEST_SKIP() << name << " is not there";
    for (const fs::path& file : files_in(*folder))
      for (Case& entry : cases_of(file)) refused += read_mutants(entry.document, entry.document);
  }
  EXPECT_GT(refused, 10'000u);
}

}  // namespace
}  // namespace meshtwin
