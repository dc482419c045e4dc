// scenarios/schema.json says what the loader does: it is what the loader's own description gives, and a validator that
// knows nothing of us agrees with the loader on the library and on thousands of mutants of it.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "mesh/resource/resources.h"
#include "mesh/resource/yaml.h"
#include "scenarios/language.h"
#include "tests/unit/scenarios/example.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string content_of(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(Schema, IsWhatTheLanguageGives) {
  const fs::path fresh = fs::temp_directory_path() / "meshtwin-schema.json";
  if (content_of("scenarios/schema.json") == scenario_schema()) return;
  std::ofstream(fresh) << scenario_schema();
  ADD_FAILURE() << "scenarios/schema.json is out of date; what it should be has been written to " << fresh;
}

Json to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::scalar:
      return is_number(node) || is_boolean(node) ? Json::parse(node.text) : Json(node.text);
    case Node::Kind::list: {
      Json list = Json::array();
      for (const Node& item : node.items) list.push_back(to_json(item));
      return list;
    }
    case Node::Kind::map:
      break;
  }
  Json map = Json::object();
  for (std::size_t i = 0; i < node.keys.size(); ++i) map[node.keys[i].text] = to_json(node.items[i]);
  return map;
}

// The document with one thing changed at each of its places: a key added, a key dropped, a value of another kind.
void mutate(Json& whole, Json& here, std::vector<Json>& mutants) {
  const Json original = here;
  for (const Json& other :
       {Json(nullptr), Json(0), Json(-1), Json(2.5), Json(true), Json("x y"), Json("5ms"), Json("5%"), Json("5/s"),
        Json("1KB"), Json("0s"), Json(Json::array()), Json(Json::object())}) {
    here = other;
    mutants.push_back(whole);
  }
  here = original;
  if (here.is_object()) {
    for (const auto& [key, value] : original.items()) {
      here.erase(key);
      mutants.push_back(whole);
      here = original;
    }
    for (const char* key : {"zzz", "Zzz", "service", "rate", "clients", "fail", "pod", "at"}) {
      if (original.contains(key)) continue;
      here[key] = "zzz";
      mutants.push_back(whole);
      here = original;
    }
  }
  if (here.is_structured())
    for (Json& child : here) mutate(whole, child, mutants);
}

// Whether the loader takes the shape of a document (not what its values mean to each other).
bool takes(const Json& document) {
  ProblemList problems;
  const std::vector<Node> documents = read_yaml(document.dump(), "f.json", problems);
  if (documents.size() != 1) return false;
  check_shape(documents[0], scenario_shape(), problems);
  if (const Node* resources = documents[0].find("resources");
      resources != nullptr && resources->kind == Node::Kind::list) {
    Resources into;
    for (const Node& resource : resources->items)
      if (resource.kind == Node::Kind::map && resource.find("file") == nullptr) add_resource(resource, into, problems);
  }
  return problems.empty();
}

constexpr const char* kValidator = R"(
import json, sys
from jsonschema import Draft202012Validator
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
for line in open(sys.argv[2]):
    print(1 if validator.is_valid(json.loads(line)) else 0)
)";

class Validator {
 public:
  Validator() : folder_(fs::temp_directory_path() / ("meshtwin-schema-" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
    std::ofstream(folder_ / "validate.py") << kValidator;
  }
  ~Validator() { fs::remove_all(folder_); }

  // A verdict for each document; fewer when the validator failed.
  std::vector<bool> operator()(const std::vector<Json>& documents) {
    std::ofstream lines(folder_ / "documents");
    for (const Json& document : documents) lines << document.dump() << '\n';
    lines.close();
    const std::string command = "/usr/bin/python3 " + (folder_ / "validate.py").string() + " scenarios/schema.json " +
                                (folder_ / "documents").string() + " > " + (folder_ / "verdicts").string();
    if (std::system(command.c_str()) != 0) return {};
    std::vector<bool> verdicts;
    for (const char c : content_of(folder_ / "verdicts"))
      if (c != '\n') verdicts.push_back(c == '1');
    return verdicts;
  }

 private:
  fs::path folder_;
};

bool have_jsonschema() {
  return std::system("/usr/bin/python3 -c 'import jsonschema' 2>/dev/null") == 0;
}

std::vector<Json> library() {
  std::vector<Json> documents;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator("scenarios"))
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  ProblemList problems;
  for (const fs::path& path : paths) documents.push_back(to_json(read_yaml(content_of(path), path, problems).at(0)));
  EXPECT_TRUE(problems.empty());
  return documents;
}

TEST(Schema, LibraryIsValid) {
  if (!have_jsonschema()) GTEST_SKIP() << "python3-jsonschema is not there";
  const std::vector<Json> documents = library();
  const std::vector<bool> verdicts = Validator()(documents);
  ASSERT_EQ(verdicts.size(), documents.size());
  for (std::size_t i = 0; i < documents.size(); ++i) EXPECT_TRUE(verdicts[i]) << documents[i]["name"];
}

TEST(Schema, AgreesWithTheLoaderOnMutants) {
  if (!have_jsonschema()) GTEST_SKIP() << "python3-jsonschema is not there";
  ProblemList problems;
  std::vector<Json> mutants;
  Json document = to_json(read_yaml(content_of("tests/unit/scenarios/everything.yaml"), "f.yaml", problems).at(0));
  ASSERT_TRUE(takes(document));
  mutate(document, document, mutants);
  ASSERT_GT(mutants.size(), 2000u);
  // The validator is slow; an even sample is enough for each run.
  const std::size_t stride = mutants.size() / 500;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < mutants.size(); i += stride) mutants[kept++] = mutants[i];
  mutants.resize(kept);
  const std::vector<bool> verdicts = Validator()(mutants);
  ASSERT_EQ(verdicts.size(), mutants.size());
  std::size_t valid = 0, told = 0;
  for (std::size_t i = 0; i < mutants.size(); ++i) {
    valid += verdicts[i] ? 1 : 0;
    if (takes(mutants[i]) != verdicts[i] && ++told <= 20)
      ADD_FAILURE() << "the schema " << (verdicts[i] ? "takes" : "refuses") << ", the loader does not agree:\n"
                    << mutants[i].dump();
  }
  EXPECT_GT(valid, 20u) << "mutants that stay valid show that the schema is not merely strict";
  EXPECT_EQ(told, 0u);
}

}  // namespace
}  // namespace meshtwin
