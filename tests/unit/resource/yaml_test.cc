#include "mesh/resource/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace meshtwin {
namespace {

std::string problems_of(std::string_view text) {
  ProblemList problems;
  read_yaml(text, "f.yaml", problems);
  try {
    problems.throw_if_any();
  } catch (const Problems& all) {
    return all.what();
  }
  return "none";
}

struct Row {
  const char* what;
  std::string text;
  const char* problems;
};

TEST(Yaml, RefusesWithPlace) {
  const std::vector<Row> rows = {
      {"duplicate key", "a: 1\nb: {x: 1, y: 2, x: 3}\n",
       "f.yaml:2:17: found the key \"x\" a second time, expected it once"},
      {"a key that is a list", "? [a, b]\n: 1\n", "f.yaml:1:3: found a list as a key, expected a text"},
      {"tag", "a: !!int 3\n", "f.yaml:1:4: found the tag \"tag:yaml.org,2002:int\", expected a value without a tag"},
      {"not UTF-8", "a: b\nc: \xff\n", "f.yaml:2:4: found the byte 0xff, which is not UTF-8, expected text in UTF-8"},
      {"columns are characters", "ä: ü\xc3\n",
       "f.yaml:1:5: found the byte 0xc3, which is not UTF-8, expected text in UTF-8"},
      {"overlong slash", "\xc0\xaf", "f.yaml:1:1: found the byte 0xc0, which is not UTF-8, expected text in UTF-8"},
      {"surrogate", "a\xed\xa0\x80", "f.yaml:1:2: found the byte 0xed, which is not UTF-8, expected text in UTF-8"},
      {"NUL", std::string("a: \0b", 5), "f.yaml:1:4: found the control character 0x00, expected text in UTF-8"},
      {"yaml-cpp's own end mark", "a: \x04", "f.yaml:1:4: found the control character 0x04, expected text in UTF-8"},
      {"unknown alias", "a: *nobody\n",
       "f.yaml:1:4: found what is no YAML (the referenced anchor is not defined), expected YAML"},
      {"alias of itself", "a: &x [*x]\n",
       "f.yaml:1:8: found an alias inside the value it names, expected a plain document without such"},
      {"unclosed", "a: [1, 2\nb: 3\n", nullptr},
      {"bad indentation", "a:\n  b: 1\n c: 2\n", nullptr},
  };
  for (const Row& row : rows) {
    if (row.problems != nullptr) {
      EXPECT_EQ(problems_of(row.text), row.problems) << row.what;
    } else {
      EXPECT_THAT(problems_of(row.text), testing::HasSubstr("found what is no YAML")) << row.what;
    }
  }
}

std::string bomb(int levels) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i <= levels; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int n = 0; n < 9; ++n) text += (n ? ", *a" : "*a") + std::to_string(i - 1);
    text += "]\n";
  }
  return text;
}

TEST(Yaml, BoundsWhatAliasesExpandTo) {
  EXPECT_EQ(problems_of(bomb(2)), "none");
  EXPECT_EQ(problems_of(bomb(20)),
            "f.yaml:6:25: found more than 400000 values (with what aliases expand to), expected a plain document "
            "without such");
  std::string many = "a: &a x\nb: [";
  for (int i = 0; i < 1001; ++i) many += "*a, ";
  EXPECT_THAT(problems_of(many + "]"), testing::HasSubstr("found more than 1000 aliases"));
}

TEST(Yaml, BoundsDepthAndSize) {
  EXPECT_THAT(problems_of(std::string(200, '[')), testing::HasSubstr("found more than 48 levels of nesting"));
  for (const char* piece : {"[", "- ", "{a: ", "? ", "? - "}) {
    std::string deep;
    while (deep.size() < 200'000) deep += piece;
    EXPECT_NE(problems_of(deep), "none") << piece;
  }
  EXPECT_EQ(problems_of(std::string(kYamlBytesMost + 1, 'a')), "f.yaml: found " + std::to_string(kYamlBytesMost + 1) +
                                                                   " bytes, expected at most " +
                                                                   std::to_string(kYamlBytesMost));
}

TEST(Yaml, KeepsPlaces) {
  ProblemList problems;
  const auto documents = read_yaml("# é\na: ü\nb:\n  ö: [1, 'two']\n---\nsecond: doc\n", "f.yaml", problems);
  ASSERT_EQ(documents.size(), 2u);
  const Node& b = *documents[0].find("b");
  EXPECT_EQ(b.line, 4);
  EXPECT_EQ(b.column, 3);
  const Node& two = b.items[0].items[1];
  EXPECT_EQ(std::pair(two.line, two.column), std::pair(4, 10));  // in bytes it would be 11
  EXPECT_TRUE(two.quoted);
  EXPECT_TRUE(is_number(b.items[0].items[0]));
  EXPECT_EQ(documents[1].find("second")->line, 6);
  EXPECT_EQ(documents[0].place().file, "f.yaml");
}

TEST(Yaml, LargeFileIsNotRead) {
  const auto path = std::filesystem::temp_directory_path() / ("meshtwin-large-" + std::to_string(::getpid()) + ".yaml");
  std::ofstream(path).put('\n');
  std::filesystem::resize_file(path, 100'000'000);  // sparse
  try {
    read_text_file(path.string(), 1000);
    ADD_FAILURE() << "accepted";
  } catch (const Problem& problem) {
    EXPECT_EQ(problem.text(), path.string() + ": found 100000000 bytes, expected at most 1000");
  }
  std::filesystem::remove(path);
  EXPECT_THROW(read_text_file(path.string(), 1000), Problem);
  EXPECT_THROW(read_text_file("/dev/zero", 1000), Problem);
  EXPECT_THROW(read_text_file("/", 1000), Problem);
}

}  // namespace
}  // namespace meshtwin
