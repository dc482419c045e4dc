#include "scenarios/sweep.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "mesh/resource/yaml.h"
#include "scenarios/axis_values.h"
#include "tests/unit/scenarios/example.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class SweepTest : public ::testing::Test {
 protected:
  SweepTest() {
    std::string pattern = (fs::temp_directory_path() / "meshtwin-sweep-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
    folder_ = pattern;
    std::ofstream(folder_ + "/s.yaml") << kExample;
  }
  ~SweepTest() override { fs::remove_all(folder_); }

  Sweep load(const std::string& rest) const {
    return load_sweep_text("schema: 1\nname: x\nscenario: s.yaml\n" + rest, folder_ + "/f.yaml");
  }
  // The folder left out.
  std::string problems(const std::string& rest) const {
    try {
      load(rest);
    } catch (const Problems& problems) {
      std::string text = problems.what();
      for (std::size_t at = text.find(folder_); at != std::string::npos; at = text.find(folder_))
        text.erase(at, folder_.size() + 1);
      return text;
    }
    return "none";
  }

  std::string folder_;
};

TEST_F(SweepTest, EveryCombinationIsAPoint) {
  const Sweep sweep = load(
      "set: {duration: 60s}\n"
      "vary:\n  mesh.mode: [none, sidecar]\n  load.0.rate: [100/s, 200/s, 400/s]\n"
      "cases: {pods: {few: {}, many: {services.backend.pods.az-a: 9, services.frontend.workers: 3}}}\n"
      "seeds: 2\n");
  ASSERT_EQ(sweep.points.size(), 12u);
  EXPECT_EQ(words_of(sweep, sweep.points[0]), "mesh.mode=none, load.0.rate=100/s, pods=few");
  EXPECT_EQ(words_of(sweep, sweep.points[1]), "mesh.mode=none, load.0.rate=100/s, pods=many") << "the last is fastest";
  EXPECT_EQ(words_of(sweep, sweep.points[11]), "mesh.mode=sidecar, load.0.rate=400/s, pods=many");
  EXPECT_THAT(sweep.seeds, ElementsAre(7, 8)) << "from the scenario's on";
  EXPECT_EQ(sweep.points[0].duration, 60 * kSecond);
  const Scenario last =
      load_scenario_text(sweep.scenario_text, sweep.scenario_file, options_of(sweep, sweep.points[11]));
  EXPECT_EQ(last.plan.duration, 60 * kSecond);
  EXPECT_EQ(last.plan.pods.size(), 2u + 9u + 2u + 2u);
}

TEST_F(SweepTest, WithoutAxesTheSeedsAreLeft) {
  const Sweep sweep = load("seeds: [5, 1]\nworld: both\nrepeats: 3\n");
  EXPECT_EQ(sweep.points.size(), 1u);
  EXPECT_THAT(sweep.seeds, ElementsAre(5, 1));
  EXPECT_THAT(sweep.worlds, ElementsAre("sim", "emu"));
  EXPECT_EQ(words_of(sweep, sweep.points[0]), "");
}

TEST_F(SweepTest, FiguresAndPlotsHaveSensibleDefaults) {
  const Sweep sweep = load("vary: {mesh.mode: [none, sidecar], load.0.rate: [100/s, 200/s]}\n");
  std::vector<std::string> names;
  for (const Figure& figure : sweep.figures) names.push_back(figure.name);
  EXPECT_THAT(names, ElementsAre("latency_p50", "latency_p90", "latency_p99", "success_rate", "retries",
                                 "cpu_us_per_request.control-plane", "cpu_us_per_request.load",
                                 "cpu_us_per_request.sidecar", "cpu_us_per_request.workload"));
  ASSERT_EQ(sweep.plots.size(), 2u);
  EXPECT_EQ(sweep.plots[0].x, 1u) << "the axis of numbers";
  EXPECT_EQ(sweep.plots[0].by, 0u);
}

TEST_F(SweepTest, APlotAddsItsFigure) {
  const Sweep sweep =
      load("vary: {load.0.rate: [100/s, 200/s]}\nfigures: [failed]\nplot: {y: zone_share.backend.az-b}\n");
  ASSERT_EQ(sweep.figures.size(), 2u);
  EXPECT_EQ(sweep.figures[sweep.plots.at(0).y].name, "zone_share.backend.az-b");
  EXPECT_FALSE(sweep.plots[0].by);
}

TEST_F(SweepTest, AFileTheScenarioNamesCountsToo) {
  const std::string rest = "set: {load.0.rate: {file: rate.csv}}\n";
  std::ofstream(folder_ + "/rate.csv") << "time,rate\n0s,10/s\n";
  const std::uint64_t before = load(rest).points.at(0).sources;
  EXPECT_EQ(load(rest).points.at(0).sources, before);
  std::ofstream(folder_ + "/rate.csv") << "time,rate\n0s,11/s\n";
  EXPECT_NE(load(rest).points.at(0).sources, before);
}

struct Row {
  const char* sweep;
  const char* problems;
};

TEST_F(SweepTest, MistakesHaveTheirPlaces) {
  const Row rows[] = {
      {"vary: {load.0.rat: [1/s]}\n", "f.yaml:4:15: found the unknown key \"rat\""},
      {"vary: {\"load.0.rat\": [1/s]}\n", "f.yaml:4:16: found the unknown key \"rat\""},
      {"vary: {load.0.rate: [1/s, 2]}\n", "f.yaml:4:27: found the number 2 (it has no unit (/s or /m)), expected"},
      {"vary: {load.0.rate: [1/s, 1/s]}\n", "f.yaml:4:27: found \"1/s\" a second time"},
      {"vary: {load.0.rate: []}\n", "f.yaml:4:21: found a list of 0, expected at least 1"},
      {"vary: {load.0: [1], load.0.rate: [1/s]}\n",
       "f.yaml:4:21: found \"load.0.rate\", which touches \"load.0\" of the axis \"load.0\""},
      {"vary: {seed: [1]}\n", "f.yaml:4:8: found the path \"seed\", expected it in `seeds`"},
      {"vary: {load.0.rate: [1/s]}\nset: {load.0.rate: 2/s}\n", "f.yaml:5:7: found \"load.0.rate\", which the axis"},
      {"vary: {duration: [30s, 20s]}\n",
       "s.yaml:23:8: found 26s, expected a time before the end at 20s (with duration=20s)"},
      {"vary: {load.0.rate: {from: 1/s, to: 5s, steps: 2}}\n",
       "f.yaml:4:37: found \"5s\", expected a value of the same kind"},
      {"vary: {load.0.rate: {from: 5/s, to: 1/s, steps: 2}}\n",
       "f.yaml:4:37: found \"1/s\", expected more than `from`"},
      {"vary: {load.0.rate: {from: 1/s, to: 5/s}}\n", "f.yaml:4:21: found none, expected exactly one of step, steps"},
      {"vary: {load.0.rate: {from: 1/s, to: 5/s, step: 2/s, log: true}}\n",
       "f.yaml:4:48: found \"2/s\", expected `steps`"},
      {"vary: {load.0.rate: {from: 0/s, to: 5/s, steps: 2, log: true}}\n",
       "f.yaml:4:28: found \"0/s\", expected more than 0"},
      {"vary: {services.backend.workers: {from: 1, to: 3, steps: 9}}\n",
       "f.yaml:4:34: found a range that comes to 1 twice"},
      {"vary: {services.backend.workers: {from: 1, to: 90000, step: 1}}\n",
       "f.yaml:4:61: found the number 1, expected at most 1000"},
      {"seeds: 2\nset: {seed: 9223372036854775807}\n", "f.yaml:4:8: found more seeds than there are"},
      {"vary: {seed: {from: 1, to: 9223372036854775807, steps: 3}}\n",
       "f.yaml:4:28: found the number 9223372036854775807, expected a smaller value"},
      {"vary: {load.0.rate: {from: , to: {a: 1}, steps: 3}}\n",
       "f.yaml:4:22: found nothing, expected a value\nf.yaml:4:34: found a mapping, expected a number"},
      {"vary: 3\nset: [1]\ncases: {a: {b: x}}\nscenario: []\n", "f.yaml:"},
      {"seeds: [1, 2, 1]\n", "f.yaml:4:15: found the seed 1 a second time"},
      {"figures: [latency_p5]\n", "f.yaml:4:11: found \"latency_p5\", expected a figure"},
      {"figures: [cpu_us_per_request.ztunnel]\n",
       "f.yaml:4:11: found \"cpu_us_per_request.ztunnel\", expected a figure"},
      {"plot: {y: latency_p50}\n", "f.yaml:4:7: found a plot of a sweep without axes"},
      {"vary: {load.0.rate: [1/s]}\nplot: {y: latency_p50, x: load.0.rte}\n",
       "f.yaml:5:27: found \"load.0.rte\", expected an axis (load.0.rate); did"},
      {"vary: {load.0.rate: [1/s]}\nplot: {y: latency_p50, x: load.0.rate, by: load.0.rate}\n",
       "f.yaml:5:44: found the axis of `x`"},
      {"vary: {load.0.rate: {from: 1/s, to: 1000/s, step: 1/s}, services.backend.workers: {from: 1, to: 20, step: "
       "1}}\n",
       "f.yaml:4:7: found axes with more than 10000 points in all"},
      {"cases: {a: {b: {load.0.rte: 1/s}}}\n", "f.yaml:4:24: found the unknown key \"rte\""},
      {"sedes: 3\n", "f.yaml:4:1: found the unknown key \"sedes\""}};
  for (const Row& row : rows) EXPECT_THAT(problems(row.sweep), StartsWith(row.problems)) << row.sweep;
}

TEST_F(SweepTest, AMistakeIsSaidOnce) {
  const std::string text =
      problems("vary: {load.0.rate: [1/s, 2], mesh.mode: [none, sidecar], duration: [40s, 20s]}\n");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  EXPECT_THAT(text, HasSubstr("(with load.0.rate=1/s, mesh.mode=none, duration=20s)"))
      << "the first point it is met at";
}

std::vector<std::string> range(const std::string& text) {
  ProblemList problems;
  std::vector<std::string> values;
  std::vector<Node> documents = read_yaml(text, "r", problems);
  for (const Node& node : expand_range(documents.at(0), problems)) values.push_back(node.text);
  EXPECT_TRUE(problems.empty()) << text;
  return values;
}

TEST(AxisValues, RangesAreExactAtTheirEndsAndRoundBetween) {
  EXPECT_THAT(range("{from: 100/s, to: 400/s, step: 100/s}"), ElementsAre("100/s", "200/s", "300/s", "400/s"));
  EXPECT_THAT(range("{from: 100/s, to: 380/s, step: 100/s}"), ElementsAre("100/s", "200/s", "300/s"));
  EXPECT_THAT(range("{from: 1ms, to: 2ms, steps: 3}"), ElementsAre("1ms", "1500us", "2ms"));
  EXPECT_THAT(range("{from: 1, to: 64, steps: 7, log: true}"), ElementsAre("1", "2", "4", "8", "16", "32", "64"));
  EXPECT_THAT(range("{from: 1ms, to: 1s, steps: 4, log: true}"), ElementsAre("1ms", "10ms", "100ms", "1s"));
  EXPECT_THAT(range("{from: 0.1, to: 0.4, step: 0.1}"), ElementsAre("0.1", "0.2", "0.3", "0.4"));
  EXPECT_THAT(range("{from: 0%, to: 1%, steps: 3}"), ElementsAre("0%", "0.5%", "1%"));
  EXPECT_THAT(range("{from: 1, to: 2, step: 0.5}"), ElementsAre("1", "1.5", "2"));
  EXPECT_THAT(range("{from: 1KB, to: 3KB, step: 1KB}"), ElementsAre("1KB", "2KB", "3KB"));
}

TEST(AxisValues, ScalesHaveOneUnit) {
  const AxisScale times = scale_of({"500us", "2ms", "10ms"});
  EXPECT_TRUE(times.numeric);
  EXPECT_EQ(times.unit, "ms");
  EXPECT_THAT(times.numbers, ElementsAre(0.5, 2, 10));
  EXPECT_TRUE(times.logarithmic);
  EXPECT_FALSE(scale_of({"1", "2", "3", "4"}).logarithmic);
  EXPECT_TRUE(scale_of({"1", "2", "4", "8"}).logarithmic);
  EXPECT_FALSE(scale_of({"0", "1", "10", "100"}).logarithmic) << "0 has no place on it";
  EXPECT_EQ(scale_of({"1%", "50%"}).unit, "%");
  EXPECT_THAT(scale_of({"1%", "50%"}).numbers, ElementsAre(1, 50));
  EXPECT_FALSE(scale_of({"1", "2ms"}).numeric);
  EXPECT_FALSE(scale_of({"none", "2"}).numeric);
  EXPECT_TRUE(scale_of({"1", "2.5"}).numeric);
}

TEST(AxisValues, FlowTextReadsBackAsTheSame) {
  for (const char* text : {"4", "\"4\"", "200/s", "{median: 2.2ms, sigma: 0.4}", "[a, {b: [c, \"true\"]}]", "\"a: b\"",
                           "\"\"", "[]", "{}", "\"x, y\"", "null"}) {
    ProblemList problems;
    const std::vector<Node> tree = read_yaml(std::string("- ") + text, "f", problems);
    ASSERT_EQ(tree.size(), 1u) << text;
    EXPECT_EQ(flow_text(tree[0].items.at(0)), text);
  }
}

TEST(SweepLibrary, IsValid) {
  std::size_t found = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator("scenarios/sweeps")) {
    if (entry.path().extension() != ".yaml") continue;
    ++found;
    EXPECT_GT(load_sweep(entry.path().string()).points.size(), 1u) << entry.path();
  }
  EXPECT_GE(found, 1u);
}

}  // namespace
}  // namespace meshtwin
