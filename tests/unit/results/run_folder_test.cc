#include "results/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "results/records_csv.h"
#include "results/summary_json.h"
#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A folder of the test's own, gone with it.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "meshtwin-results-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
    path_ = pattern;
  }
  ~Scratch() { fs::remove_all(path_); }
  fs::path operator/(const std::string& name) const { return path_ / name; }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(RecordsCsv, WritesOneRowARequestInOrder) {
  RunStore store;
  RequestRecord second = request(0, 5'000'000, 1'500'000, Failure::timeout);
  second.load = 1;
  store.request(second);
  store.request(request(1, 2'000'000, 3'000'001));
  store.request(request(0, 1'000'000, 2'000'000));
  std::ostringstream out;
  write_requests_csv(out, store);
  EXPECT_EQ(out.str(),
            "load,number,intended_ns,sent_ns,done_ns,latency_ns,status,failure\n"
            "0,0,1000000,1010000,3000000,2000000,200,NONE\n"
            "0,1,2000000,2010000,5000001,3000001,200,NONE\n"
            "1,0,5000000,5010000,6500000,1500000,0,TIMEOUT\n");
}

TEST(RecordsCsv, QuotesTextOfEvents) {
  RunStore store;
  store.event({20, "ejected", "backend, az-a", "by \"frontend\"\nafter 5"});
  store.event({-10, "config", "frontend", "version 1"});
  std::ostringstream out;
  write_events_csv(out, store);
  EXPECT_EQ(out.str(),
            "at_ns,kind,subject,detail\n"
            "-10,config,frontend,version 1\n"
            "20,ejected,\"backend, az-a\",\"by \"\"frontend\"\"\nafter 5\"\n");
}

struct Written {
  RunStore store;
  Summary summary;
  Written() {
    fill_ten_requests(store);
    summary = summarise(store, two_zone_subject(), RunReport{});
  }

  std::string write(const std::string& dir, const Environment& environment = {}, const char* world = "sim") const {
    RunSubject subject = two_zone_subject();
    subject.world = world;
    RunFolder folder(dir, subject, environment);
    fill_ten_requests(folder.recorder());
    return folder.finish(store, summary, environment);
  }
};

TEST(RunFolder, HoldsEveryFileAndNothingElse) {
  const Scratch scratch;
  const Written run;
  const std::string folder = run.write(scratch / "deep/er", {2 * kSecond, {{"host", "h"}}, {}});
  EXPECT_EQ(folder, (scratch / "deep/er/sim").string());
  EXPECT_THAT(names_in(scratch / "deep/er"), ElementsAre("sim"));
  EXPECT_THAT(names_in(folder),
              ElementsAre("environment.json", "events.csv", "requests.csv", "run.sqlite", "summary.json"));
  EXPECT_EQ(to_json(load_summary(folder + "/summary.json")), to_json(run.summary));
  EXPECT_EQ(content_of(folder + "/environment.json"),
            "{\n  \"schema\": 1,\n  \"wall_s\": 2.0,\n  \"facts\": {\n    \"host\": \"h\"\n  }\n}\n");
}

TEST(RunFolder, IsTheSameBytesForTheSameRunOnAnyHost) {
  const Scratch scratch;
  const Written run;
  run.write(scratch / "one", {1, {{"host", "a"}}, {}});
  run.write(scratch / "two", {2, {{"host", "b"}}, {}});
  for (const char* name : {"summary.json", "requests.csv", "events.csv"}) {
    EXPECT_EQ(content_of(scratch / "one/sim" / name), content_of(scratch / "two/sim" / name)) << name;
  }
}

TEST(RunFolder, ReplacesTheOlderOneOfTheSameWorldOnly) {
  const Scratch scratch;
  const Written run;
  run.write(scratch.path());
  std::ofstream(scratch / "sim/left-over") << "old";
  run.write(scratch.path(), {}, "emu");
  run.write(scratch.path());
  EXPECT_THAT(names_in(scratch.path()), ElementsAre("emu", "sim"));
  EXPECT_FALSE(fs::exists(scratch / "sim/left-over"));
}

TEST(RunFolder, TakesAwayTheComparisonThatSpokeOfTheOlderRun) {
  const Scratch scratch;
  const Written run;
  run.write(scratch.path());
  write_file(scratch / "comparison.json", "{}");
  run.write(scratch.path());
  EXPECT_THAT(names_in(scratch.path()), ElementsAre("sim"));
}

TEST(RunFolder, LeavesNothingBehindWhenItCannotBeWritten) {
  const Scratch scratch;
  const Written run;
  std::ofstream(scratch / "file") << "in the way";
  try {
    run.write(scratch / "file/below");
    ADD_FAILURE() << "a folder below a file was written";
  } catch (const ResultsError& error) {
    EXPECT_THAT(error.what(), HasSubstr((scratch / "file/below").string()));
    EXPECT_THAT(error.what(), HasSubstr("cannot create folder: Not a directory"));
  }
  EXPECT_THAT(names_in(scratch.path()), ElementsAre("file"));
}

TEST(RunFolder, OfARunThatIsNotFinishedGoesAway) {
  const Scratch scratch;
  {
    RunFolder folder(scratch / "run", two_zone_subject(), {});
    EXPECT_THAT(names_in(scratch / "run"), ElementsAre("sim.unfinished"));
  }
  EXPECT_THAT(names_in(scratch.path()), ElementsAre());
}

TEST(RunFolder, RefusesTwoRunsAtOnceAndTakesOverWhatADeadOneLeft) {
  const Scratch scratch;
  fs::create_directory(scratch / "sim.unfinished");
  std::ofstream(scratch / "sim.unfinished/run.sqlite") << "what a killed run left";
  RunFolder folder(scratch.path(), two_zone_subject(), {});
  EXPECT_THROW(RunFolder(scratch.path(), two_zone_subject(), {}), ResultsError);
  EXPECT_EQ(Written().write(scratch / "elsewhere"), (scratch / "elsewhere/sim").string());
}

TEST(RunFolder, SingleFilesAreReplacedWhole) {
  const Scratch scratch;
  write_file(scratch / "a/comparison.json", "one");
  write_file(scratch / "a/comparison.json", "two");
  EXPECT_EQ(content_of(scratch / "a/comparison.json"), "two");
  EXPECT_THAT(names_in(scratch / "a"), ElementsAre("comparison.json"));
  fs::create_directory(scratch / "a/taken");
  EXPECT_THROW(write_file(scratch / "a/taken", "three"), ResultsError);
  EXPECT_THAT(names_in(scratch / "a"), ElementsAre("comparison.json", "taken"));
}

}  // namespace
}  // namespace meshtwin
