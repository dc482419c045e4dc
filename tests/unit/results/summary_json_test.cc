#include "results/summary_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mesh/base/problem.h"
#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

using Json = nlohmann::ordered_json;

Summary full_summary() {
  RunStore store;
  fill_ten_requests(store);
  RunSubject subject = two_zone_subject();
  Expectation expectation;
  expectation.text = "success_rate at least 80%";
  expectation.at_least = 0.8;
  subject.expectations = {expectation};
  subject.provenance = {{"cost_profile", "reference"}};
  RunReport report;
  report.roles = {{"backend-az-a-0/sidecar", {"sidecar", 12'345'678, 7'500'000}},
                  {"load-0/load", {"load", 1'000'001, -1}}};
  report.links = {{"az-a>az-b", kMillisecond, 1'048'123, 1'200'000, 48'123, 90'000, 4321, 2}};
  report.utilisation = 0.25;
  report.data_segments = 60;
  report.shortcuts["in_pod"] = {50, 51200, 3, 4, 1};
  report.warnings = {"went on without"};
  report.events = 1234;
  return summarise(store, subject, report);
}

// What every reader may rely on, value for value.
TEST(SummaryJson, HasTheDocumentedShape) {
  const Json got = Json::parse(to_json(full_summary()));
  const Json head = Json::parse(R"({
    "schema": 1, "scenario": "made-up", "world": "sim", "seed": 7, "duration_s": 10.0, "valid": true, "invalid_reasons": [], "warnings": ["went on without"],
    "requests": {"sent": 10, "ok": 9, "failed": {"CONNECT_REFUSED": 1}},
    "latency_ms": {"mean": 5.555556, "p50": 6.0, "p90": 10.0, "p99": 10.0, "p999": 10.0, "max": 10.0},
    "services": {"backend": {"zones": {"az-a": {"requests": 6, "share": 0.666667}, "az-b": {"requests": 3, "share": 0.333333}}},
                 "frontend": {"zones": {"az-a": {"requests": 0, "share": null}}}},
    "failover_s": {"backend": 0.001000001},
    "failovers": [{"service": "backend", "zone": "az-a", "at_s": 4.0, "until_s": 8.0, "after_s": 0.001000001}],
    "roles": {"backend-az-a-0/sidecar": {"kind": "sidecar", "cpu_ms": 12.345678, "cpu_us_per_request": 1234.568, "memory_peak_mb": 7.5},
              "load-0/load": {"kind": "load", "cpu_ms": 1.000001, "cpu_us_per_request": 100.0, "memory_peak_mb": null}},
    "expectations": [{"text": "success_rate at least 80%", "value": 0.9, "shown": "90.00 %", "pass": true, "why": ""}],
    "attempts": {"total": 10, "retries": 0, "failed": {"CONNECT_REFUSED": 1}},
    "generator": {"lateness_us": {"p50": 10.0, "p99": 10.0, "max": 10.0, "at_the_end": 10.0}},
    "links": [{"name": "az-a>az-b", "delay_wanted_us": 1000.0, "delay_p50_us": 1048.123, "delay_p99_us": 1200.0,
               "lateness_p50_us": 48.123, "lateness_p99_us": 90.0, "packets": 4321, "lost": 2}],
    "utilisation": 0.25, "steal": 0.0, "data_segments": 60, "traversals_per_request": 3.0,
    "shortcuts": {"in_pod": {"redirected_messages": 50, "redirected_bytes": 51200, "passed_messages": 3, "passed_bytes": 4, "fallen_back": 1}},
    "events_executed": 1234, "events_per_request": 123.4,
    "timeline": [{"at_s": 4.0, "text": "crash backend in az-a"}, {"at_s": 8.0, "text": "restore backend in az-a"}],
    "provenance": {"cost_profile": "reference"}})");
  for (const auto& [key, expected] : head.items()) EXPECT_EQ(got.value(key, Json()), expected) << key;
  const Json phase = Json::parse(R"({
    "name": "after crash backend in az-a", "start_s": 4.0, "end_s": 8.0,
    "requests": {"sent": 4, "ok": 3, "failed": {"CONNECT_REFUSED": 1}},
    "latency_ms": {"mean": 7.0, "p50": 7.0, "p90": 8.0, "p99": 8.0, "p999": 8.0, "max": 8.0},
    "services": {"backend": {"zones": {"az-a": {"requests": 0, "share": 0.0}, "az-b": {"requests": 3, "share": 1.0}}},
                 "frontend": {"zones": {"az-a": {"requests": 0, "share": null}}}}})");
  ASSERT_EQ(got["phases"].size(), 3u);
  EXPECT_EQ(got["phases"][1], phase);
  EXPECT_THAT(got["fingerprint"].get<std::string>(), ::testing::MatchesRegex("[0-9a-f]{16}"));
  std::vector<std::string> keys;
  for (const auto& [key, value] : got.items()) keys.push_back(key);
  EXPECT_THAT(keys, ::testing::ElementsAre(
                        "schema", "scenario", "world", "seed", "duration_s", "valid", "invalid_reasons", "warnings",
                        "fingerprint", "arrivals", "requests", "latency_ms", "phases", "services", "signals",
                        "failover_s", "failovers", "roles", "expectations", "attempts", "generator", "links",
                        "utilisation", "steal", "data_segments", "traversals_per_request", "shortcuts",
                        "events_executed", "events_per_request", "timeline", "series", "provenance"));
}

TEST(SummaryJson, OfTheSameRunIsTheSameBytes) {
  EXPECT_EQ(to_json(full_summary()), to_json(full_summary()));
}

TEST(SummaryJson, OfAnEmptyRunHasNullsForWhatIsNotThere) {
  const Json got = Json::parse(to_json(summarise(RunStore{}, two_zone_subject(), RunReport{})));
  EXPECT_EQ(got["latency_ms"]["p50"], nullptr);
  EXPECT_EQ(got["failover_s"]["backend"], nullptr);
  EXPECT_EQ(got["events_per_request"], nullptr);
  EXPECT_EQ(got["valid"], false);
}

TEST(SummaryJson, ReadsBackWhatItWrote) {
  for (const Summary& summary : {full_summary(), summarise(RunStore{}, two_zone_subject(), RunReport{})}) {
    const std::string written = to_json(summary);
    const Summary read = parse_summary(written, "summary.json");
    EXPECT_EQ(to_json(read), written);
    EXPECT_EQ(read.phases, summary.phases);
    EXPECT_EQ(read.series, summary.series);
    EXPECT_EQ(read.failovers, summary.failovers);
    EXPECT_EQ(read.roles, summary.roles);
    EXPECT_EQ(read.expectations, summary.expectations);
    EXPECT_EQ(read.latency, summary.latency);
  }
}

TEST(SummaryJson, KeepsEveryNanosecondOfALongRun) {
  Summary summary = full_summary();
  for (const Duration odd : {kSecond * 86'399 + 123'456'789, kSecond * 3'600'000 + 1}) {
    summary.duration = odd;
    EXPECT_EQ(parse_summary(to_json(summary), "f").duration, odd);
  }
}

// Every key of the file, and of the lists' first entries, taken away in turn: the refusal names it.
void refuse_without_each_key(const Json& whole, const Json::json_pointer& at, int& refused) {
  const Json& value = whole.at(at);
  if (value.is_array() && !value.empty()) refuse_without_each_key(whole, at / 0, refused);
  if (!value.is_object()) return;
  for (const auto& [key, member] : value.items()) {
    refuse_without_each_key(whole, at / key, refused);
    Json broken = whole;
    broken.at(at).erase(key);
    try {
      parse_summary(broken.dump(), "summary.json");
    } catch (const Problem& problem) {
      EXPECT_THAT(problem.text(), ::testing::HasSubstr("summary.json: "));
      EXPECT_THAT(problem.text(), ::testing::HasSubstr('"' + key + '"'));
      ++refused;
    }
  }
}

TEST(SummaryJson, RefusesAFileThatLacksAKeyAndNamesIt) {
  int refused = 0;
  refuse_without_each_key(Json::parse(to_json(full_summary())), Json::json_pointer(), refused);
  EXPECT_GT(refused, 80);
}

struct Damage {
  const char* pointer;
  const char* value;
  const char* message;
};

constexpr Damage kDamages[] = {
    {"/schema", "2", "schema: expected 1, the only version this program reads"},
    {"/world", "\"lab\"", "world: expected \"sim\" or \"emu\""},
    {"/seed", "-1", "seed: expected a whole number, 0 or more"},
    {"/seed", "1.5", "seed: expected a whole number, 0 or more"},
    {"/valid", "false", "valid: does not agree with invalid_reasons"},
    {"/fingerprint", "\"xyz\"", "fingerprint: expected 16 hexadecimal digits"},
    {"/requests/failed/CONNECT_REFUSED", "\"one\"",
     "requests.failed.CONNECT_REFUSED: expected a whole number, 0 or more"},
    {"/latency_ms/p50", "null", "latency_ms.p50: expected a number"},
    {"/latency_ms/max", "1e300", "latency_ms.max: expected a time of less than 292 years"},
    {"/phases", "[]", "phases: expected at least one phase"},
    {"/phases/1/name", "7", "phases[1].name: expected a text"},
    {"/phases/2/services", "[]", "phases[2].services: expected an object"},
    {"/links", "{}", "links: expected a list"},
    {"/expectations/0/pass", "1", "expectations[0].pass: expected true or false"},
    {"/series/failed", "[0]", "series.failed: expected as many entries as in series.requests"},
    {"/series/width_s", "0", "series.width_s: expected more than 0"},
};

TEST(SummaryJson, RefusesWhatIsNotWhatItShouldBeAndSaysWhere) {
  for (const Damage& damage : kDamages) {
    Json document = Json::parse(to_json(full_summary()));
    document[Json::json_pointer(damage.pointer)] = Json::parse(damage.value);
    try {
      parse_summary(document.dump(), "summary.json");
      ADD_FAILURE() << damage.pointer << " = " << damage.value << " was accepted";
    } catch (const Problem& problem) {
      EXPECT_EQ(problem.text(), std::string("summary.json: ") + damage.message);
    }
  }
  for (const char* text : {"", "{", "[1, 2]", "null", "\xff\xfe"}) {
    EXPECT_THROW(parse_summary(text, "summary.json"), Problem) << text;
  }
  EXPECT_THROW(load_summary("/nowhere/summary.json"), Problem);
}

TEST(SummaryJson, NamesThatAreNotUtf8AreWrittenReadably) {
  Summary summary = full_summary();
  summary.provenance["note"] = "caf\xe9";
  EXPECT_EQ(parse_summary(to_json(summary), "f").provenance.at("note"), "caf\xef\xbf\xbd");
}

}  // namespace
}  // namespace meshtwin
