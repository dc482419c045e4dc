#include "results/report/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "mesh/base/problem.h"
#include "results/report/run_data.h"
#include "results/report/run_places.h"
#include "tests/unit/report/made_up_store.h"

namespace meshtwin {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string problem_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Problem& problem) {
    return problem.text();
  }
  return "no problem";
}

void make_run(const MadeUpRuns& runs, const std::string& run, const std::string& world) {
  StoreWriter(runs.store_path(run, world), MadeUpRuns::subject(world), {}).request(request(0, 0, kMillisecond));
}

TEST(Page, holds_texts_that_would_end_its_script_as_texts) {
  Json run;
  run["scenario"] = "</title><script>alert(1)</script>";
  run["settings"] = "</script><!--";
  const std::string page = report_page({run});
  EXPECT_THAT(page, HasSubstr("<title>&lt;/title>&lt;script>alert(1)"));
  EXPECT_THAT(page, HasSubstr(R"("settings":"\u003c/script>\u003c!--")"));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert(1)")));
}

TEST(Page, escaped_json_is_the_same_json) {
  const Json run = {{"text", "a </script> b <!-- c"}, {"bad", "\xff"}};
  const std::string dumped = run.dump(-1, ' ', false, Json::error_handler_t::replace);
  EXPECT_EQ(Json::parse(script_safe(dumped)), Json::parse(dumped));
}

TEST(Page, names_no_place_that_a_browser_would_fetch_from) {
  const std::string page = report_page({});
  for (const char* way : {"src=\"", "href=\"http", "url(http", "url(//", "@import"}) {
    EXPECT_THAT(page, Not(HasSubstr(way))) << way;
  }
}

TEST(RunPlaces, are_a_run_or_the_runs_below_by_seed) {
  const MadeUpRuns runs;
  make_run(runs, "set/seed-10", "sim");
  make_run(runs, "set/seed-9", "sim");
  make_run(runs, "one", "emu");
  ASSERT_EQ(run_places_in(runs.path("set")).size(), 2u);
  EXPECT_THAT(run_places_in(runs.path("set")).front().path, testing::EndsWith("seed-9"));
  for (const char* way : {"one", "one/", "one/emu", "one/emu/run.sqlite"}) {
    ASSERT_EQ(run_places_in(runs.path(way)).size(), 1u) << way;
    EXPECT_EQ(run_places_in(runs.path(way)).front().path, runs.path("one")) << way;
  }
  EXPECT_THAT(problem_of([&] { run_places_in(runs.path("none")); }), HasSubstr("found no sim/run.sqlite"));
}

TEST(RunPlaces, a_run_that_was_killed_is_one_unless_another_took_its_place) {
  const MadeUpRuns runs;
  make_run(runs, "one", "emu.unfinished");
  EXPECT_THAT(run_places_in(runs.path("one")).front().folder_of("emu"), testing::EndsWith("emu.unfinished"));
  make_run(runs, "one", "emu");
  EXPECT_THAT(run_places_in(runs.path("one")).front().folder_of("emu"), testing::EndsWith("/emu"));
}

TEST(RunData, of_a_run_that_did_not_end_has_what_there_is) {
  const MadeUpRuns runs;
  make_run(runs, "one", "emu.unfinished");
  const Json run = run_data(run_places_in(runs.path("one")).front());
  EXPECT_EQ(run["scenario"], "made-up");
  EXPECT_TRUE(run["comparison"].is_null());
  EXPECT_TRUE(run["worlds"]["emu"]["summary"].is_null());
  EXPECT_EQ(run["worlds"]["emu"]["state"], "running");
  EXPECT_EQ(run["worlds"]["emu"]["counts"]["requests"], 1);
}

TEST(RunData, what_is_no_store_is_the_users_mistake) {
  const MadeUpRuns runs;
  std::ofstream(runs.store_path("one", "sim")) << "this is not a database, and long enough not to be an empty one";
  EXPECT_THAT(problem_of([&] { run_data(run_places_in(runs.path("one")).front()); }), HasSubstr("found no store"));
  make_run(runs, "two", "sim");
  std::ofstream(runs.path("two/sim/summary.json")) << R"({"requests": 7})";
  EXPECT_THAT(problem_of([&] { run_data(run_places_in(runs.path("two")).front()); }), HasSubstr("found no requests"));
  std::filesystem::remove(runs.path("two/sim/summary.json"));
  std::ofstream(runs.path("two/comparison.json")) << "{";
  EXPECT_THAT(problem_of([&] { run_data(run_places_in(runs.path("two")).front()); }), HasSubstr("found no JSON"));
}

}  // namespace
}  // namespace meshtwin
